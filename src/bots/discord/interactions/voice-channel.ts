import type { APIChatInputApplicationCommandInteraction } from 'discord-api-types/v10';
import { lessonOfThread } from '../../../db/threads.ts';
import { UserError } from '../../../errors.ts';
import { both } from '../../in-time.ts';
import { mustSpeak } from '../../listening.ts';
import { nearestLesson } from '../../own-lesson.ts';
import type { Joined, Narrations } from '../voice/narrations.ts';
import { whyNot } from '../voice/sessions.ts';
import type { Visit } from './visit.ts';

/** `/tutor voice join` and `leave`. */

type Command = APIChatInputApplicationCommandInteraction;

export async function joinVoice(visit: Visit, interaction: Command): Promise<void> {
  const { exchange, words, sender } = visit;
  const { narrations, server } = placeOf(visit, interaction);
  const nearest = await both(exchange.defer(), nearestLesson(visit, interaction.channel.id));
  const lesson = nearest && !nearest.hasEnded && (await lessonOfThread(visit.bot.db, 'discord', nearest.threadId));
  if (!lesson) throw new UserError('no_lesson_here', words('errors.noLessonHere'));
  if (lesson.isPaused) throw new UserError('paused', words('voice.paused'));
  const joined = await narrations.join({ lessonId: lesson.lessonId, server, learner: sender.learner.id });
  await exchange.say(answerTo(visit, joined));
}

function answerTo({ words }: Visit, joined: Joined): string {
  switch (joined.is) {
    case 'here':
      return words('voice.joined', { channel: `<#${joined.channel}>` });
    case 'waiting': {
      const { ahead } = joined;
      const channel = joined.channel ? `<#${joined.channel}>` : '…';
      return ahead === 0 ? words('voice.waiting', { channel }) : words('voice.waitingBehind', { channel, ahead });
    }
    case 'nowhere':
      throw new UserError('not_in_voice', words('voice.notInChannel'));
    case 'failed':
      throw new UserError('not_joined', whyNot(words, joined.failure, joined.channel));
  }
}

export async function leaveVoice(visit: Visit, interaction: Command): Promise<void> {
  const { exchange, words, sender } = visit;
  const { narrations, server } = placeOf(visit, interaction);
  const left = await both(exchange.defer(), narrations.leave({ server, learner: sender.learner.id }));
  if (left === null) throw new UserError('not_speaking', words('voice.notSpeaking'));
  await exchange.say(words(left === 'speaking' ? 'voice.left' : 'voice.unqueued'));
}

/** Throws UserError where there are no voice channels, or where nobody can speak. */
function placeOf(visit: Visit, { guild_id: server }: Command): { narrations: Narrations; server: string } {
  const { bot, words } = visit;
  mustSpeak(visit);
  if (!server) throw new UserError('no_voice_channels', words('voice.onlyServers'));
  if (!bot.narrations) throw new UserError('no_voice', words('errors.noVoice'));
  return { narrations: bot.narrations, server };
}
