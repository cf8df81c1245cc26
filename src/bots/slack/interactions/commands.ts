import type { SlackCommandMiddlewareArgs } from '@slack/bolt';
import type { Button, KnownBlock } from '@slack/types';
import { wishForVoice } from '../../../core/commands.ts';
import type { Action, StartOptions } from '../../../core/messages.ts';
import { UserError } from '../../../errors.ts';
import { both } from '../../in-time.ts';
import { mustSpeak } from '../../listening.ts';
import { nearestLesson, sayInLesson } from '../../own-lesson.ts';
import { cut } from '../../split.ts';
import type { Translate } from '../../words.ts';
import { channelOf } from '../lessons/threads.ts';
import { escaped, plainText } from '../replies/escape.ts';
import { openAdminForm } from './admin.ts';
import { openBilling } from './billing.ts';
import { type CommandText, readCommandText } from './command-text.ts';
import type { Content } from './exchange.ts';
import { askToForget, exportData, openWishes } from './mine.ts';
import { announce } from './presses.ts';
import { linkTo, startLesson, TOPIC_CHARACTERS, type Wanted } from './start.ts';
import { openStartForm } from './start-form.ts';
import type { Visit } from './visit.ts';

/** `/tutor …`. Slack takes no commands in threads, so they mean the lesson that somebody was in last. */

type Command = SlackCommandMiddlewareArgs['command'];

export async function onTutorCommand(visit: Visit, command: Command, typed: string): Promise<void> {
  const { exchange, words } = visit;
  const read = readCommandText(typed);
  const { name, rest } = read;
  switch (name) {
    case 'start':
      return start(visit, command, read);
    case 'ask':
      return ask(visit, rest, wantedBy(command));
    case 'voice':
      return voice(visit, command, rest);
    case 'settings':
      return openWishes(visit);
    case 'forget':
      return askToForget(visit);
    case 'export':
      return exportData(visit);
    case 'admin':
      return openAdminForm(visit);
    case 'billing':
      return openBilling(visit);
    case 'help':
      return exchange.say(helpIn(words));
    case null:
      return exchange.say(unknownIn(words, rest));
    default:
      return act(visit, command, name, { type: name });
  }
}

function wantedBy({ trigger_id: trigger, channel_id: channel }: Command): Pick<Wanted, 'id' | 'channel'> {
  return { id: `command-${trigger}`, channel };
}

async function start(visit: Visit, command: Command, { rest, options, wrong }: CommandText): Promise<void> {
  const { words } = visit;
  if (wrong.length > 0) {
    throw new UserError('wrong_option', words('forms.wrongOption', { option: wrong.join(' ') }));
  }
  if (rest === '') return openStartForm(visit, options, command.channel_id);
  const topic = cut(rest, TOPIC_CHARACTERS);
  await startLesson(visit, { ...wantedBy(command), start: { ...options, topic }, question: null });
}

/** What a button does, in the lesson that the person was in last. */
async function act(visit: Visit, command: Command, typed: string, action: Action): Promise<void> {
  const { exchange, words } = visit;
  const nearest = await both(exchange.ack(), nearestLesson(visit, ''));
  if (!nearest) throw new UserError('no_lesson', words('forms.noLesson'));
  const { threadId } = nearest;
  await sayInLesson(visit, threadId, { id: wantedBy(command).id, text: `/tutor ${typed}`, action });
  await exchange.say(words('start.resumed', { thread: await linkTo(visit, threadId) }));
}

async function voice(visit: Visit, command: Command, wish: string): Promise<void> {
  mustSpeak(visit);
  if (wish === '') return visit.exchange.say(visit.words('voice.how'));
  const wanted = wish === 'on' || wish === 'off' ? { on: wish === 'on' } : wishForVoice(wish);
  await act(visit, command, `voice ${wish}`, { type: 'voice', ...wanted });
}

const TOPIC_OF_QUESTION = 80;

/** In the lesson that goes on in this channel, for all to read; elsewhere in a new one that is for questions only. */
async function ask(visit: Visit, text: string, wanted: Pick<Wanted, 'id' | 'channel'>): Promise<void> {
  const { exchange, words } = visit;
  if (text === '') throw new UserError('no_question', words('forms.noQuestion'));
  const nearest = await visit.soon(nearestLesson(visit, ''));
  if (nearest && !nearest.hasEnded && channelOf(nearest.threadId) === wanted.channel) {
    const { threadId } = nearest;
    await askIn(visit, threadId, { id: wanted.id, text });
    return exchange.say(words('start.resumed', { thread: await linkTo(visit, threadId) }));
  }
  await startLesson(visit, { ...wanted, start: questionsAbout(text), question: text });
}

export async function askIn(visit: Visit, threadId: string, said: { id: string; text: string }): Promise<void> {
  await both(visit.exchange.ack(), sayInLesson(visit, threadId, said));
  await announce(visit, threadId, said);
}

/** A lesson without a plan, named after its first question. */
export function questionsAbout(text: string): StartOptions {
  return { topic: cut(text.replace(/\s+/g, ' ').trim(), TOPIC_OF_QUESTION), mode: 'questions' };
}

/** Of buttons that say what a person can do next. */
export const START = 'tutor:start';
export const START_ABOUT = 'tutor:start-about';

/** What can be asked for; Slack translates no commands, so their names are English everywhere. */
function helpIn(words: Translate): Content {
  const text = helpText(words);
  return { text, blocks: [section(text), { type: 'actions', elements: [startButton(words)] }] };
}

const HELP = [
  ...(['forms.help', 'forms.helpStart', 'forms.helpAsk', 'forms.helpLesson', 'forms.helpVoice'] as const),
  ...(['forms.helpMine', 'forms.helpAdmin', 'forms.helpElse'] as const),
];

function helpText(words: Translate): string {
  return HELP.map((line) => words(line)).join('\n');
}

function unknownIn(words: Translate, typed: string): Content {
  const topic = cut(typed, TOPIC_CHARACTERS);
  const about: Button = {
    ...{ type: 'button', action_id: START_ABOUT, value: topic, style: 'primary' },
    text: plainText(words('forms.startAbout', { topic: cut(topic, 40) }), 75),
  };
  const text = `${escaped(words('forms.unknown', { typed: cut(typed, 100) }))}\n\n${helpText(words)}`;
  return { text, blocks: [section(text), { type: 'actions', elements: [about, startButton(words)] }] };
}

function startButton(words: Translate): Button {
  return { type: 'button', action_id: START, text: plainText(words('home.start'), 75) };
}

function section(text: string): KnownBlock {
  return { type: 'section', text: { type: 'mrkdwn', text } };
}
