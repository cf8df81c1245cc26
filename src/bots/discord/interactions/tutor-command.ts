import {
  type APIApplicationCommandInteractionDataBasicOption,
  type APIChatInputApplicationCommandInteraction,
  type APIMessageApplicationCommandInteraction,
  ApplicationCommandOptionType,
} from 'discord-api-types/v10';
import { wishForVoice } from '../../../core/commands.ts';
import type { Action } from '../../../core/messages.ts';
import { UserError } from '../../../errors.ts';
import { both, soon } from '../../in-time.ts';
import { mustSpeak } from '../../listening.ts';
import { nearestLesson } from '../../own-lesson.ts';
import { cut } from '../../split.ts';
import { channelOf } from '../lessons/threads.ts';
import { answerInLesson } from './answering.ts';
import type { Subcommand } from './commands.ts';
import { askToForget, exportData, openWishes } from './mine.ts';
import { startLesson, wishesOf } from './start.ts';
import type { Visit } from './visit.ts';
import { joinVoice, leaveVoice } from './voice-channel.ts';

/** `/tutor …`, and "Ask the tutor about this". */

export type Options = Readonly<Record<string, string | number | boolean>>;

export async function onTutorCommand(
  visit: Visit,
  interaction: APIChatInputApplicationCommandInteraction,
): Promise<void> {
  const [chosen] = interaction.data.options ?? [];
  if (chosen?.type !== ApplicationCommandOptionType.Subcommand) throw new Error('a command without its subcommand');
  const name = chosen.name as Subcommand;
  const options = valuesOf(chosen.options ?? []);
  switch (name) {
    case 'start': {
      const wanted = { start: wishesOf(options), isPrivate: options.private === true, question: null };
      return startLesson(visit, interaction, wanted);
    }
    case 'ask':
      return ask(visit, interaction, String(options.question ?? ''));
    case 'voice':
      if (options.speak === 'join') return joinVoice(visit, interaction);
      if (options.speak === 'leave') return leaveVoice(visit, interaction);
      return voice(visit, interaction, options);
    case 'settings':
      return openWishes(visit);
    case 'forget':
      return askToForget(visit);
    case 'export':
      return exportData(visit);
    case 'plan':
    case 'progress':
    case 'hint':
    case 'skip':
    case 'pause':
    case 'resume':
    case 'end':
      return act(visit, interaction, name, { type: name });
    default:
      throw new Error(`an unknown subcommand: ${name satisfies never}`);
  }
}

/** As they were filled in. */
export function valuesOf(options: readonly APIApplicationCommandInteractionDataBasicOption[]): Options {
  return Object.fromEntries(options.flatMap((option) => ('value' in option ? [[option.name, option.value]] : [])));
}

/** What a button does, from anywhere: in this channel's lesson, else in the one that the person was in last. */
async function act(
  visit: Visit,
  { id, channel }: APIChatInputApplicationCommandInteraction,
  typed: string,
  action: Action,
): Promise<void> {
  const { exchange, words } = visit;
  const nearest = await both(exchange.defer(), nearestLesson(visit, channel.id));
  // Without any, the person reads that there is none here, or whose it is.
  const threadId = nearest?.threadId ?? channel.id;
  await answerInLesson(visit, threadId, { id, text: `/tutor ${typed}`, action });
  if (channelOf(threadId) === channel.id) return exchange.settle();
  await exchange.say(words('start.resumed', { thread: `<#${threadId}>` }));
}

async function voice(
  visit: Visit,
  interaction: APIChatInputApplicationCommandInteraction,
  { speak, voice: name = '' }: Options,
): Promise<void> {
  mustSpeak(visit);
  if (!speak && !name) return visit.exchange.say(visit.words('voice.how'));
  const wish = name ? wishForVoice(String(name)) : {};
  const typed = ['voice', speak, name].filter(Boolean).join(' ');
  await act(visit, interaction, typed, { type: 'voice', ...wish, on: speak !== 'off' });
}

const TOPIC_CHARACTERS = 80;

/** In the lesson here, for all to read; elsewhere, or where it has ended, in a new one that is for questions only. */
async function ask(
  visit: Visit,
  interaction: APIChatInputApplicationCommandInteraction | APIMessageApplicationCommandInteraction,
  text: string,
): Promise<void> {
  const { id, channel } = interaction;
  const nearest = await soon(nearestLesson(visit, channel.id), visit.words);
  if (nearest && !nearest.hasEnded && channelOf(nearest.threadId) === channel.id) {
    return both(visit.exchange.announce(text), answerInLesson(visit, nearest.threadId, { id, text }));
  }
  const start = { topic: cut(text.replace(/\s+/g, ' ').trim(), TOPIC_CHARACTERS), mode: 'questions' as const };
  await startLesson(visit, interaction, { start, isPrivate: false, question: text });
}

/** A message of anybody's, and what they wrote is data like all that people write. */
export function onAskAbout(visit: Visit, interaction: APIMessageApplicationCommandInteraction): Promise<void> {
  const { content } = interaction.data.resolved.messages[interaction.data.target_id] ?? {};
  if (!content?.trim()) throw new UserError('unreadable', visit.words('errors.nothingToRead'));
  return ask(visit, interaction, content);
}
