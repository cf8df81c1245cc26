import type { BlockAction, ViewOutput } from '@slack/bolt';
import type { AnyBlock, KnownBlock, ModalView } from '@slack/types';
import { recordFeedback } from '../../../core/feedback.ts';
import { UserError } from '../../../errors.ts';
import { both } from '../../in-time.ts';
import { quote } from '../../lines.ts';
import { listenTo } from '../../listening.ts';
import { ownLesson, sayInLesson } from '../../own-lesson.ts';
import { cut } from '../../split.ts';
import type { Translate } from '../../words.ts';
import { reasonOf } from '../failures.ts';
import { channelOf, isDirect, rootOf } from '../lessons/threads.ts';
import { escaped } from '../replies/escape.ts';
import { decode, decodeFeedback, encode, type Press, withChoiceMade, wordsOn } from '../replies/presses.ts';
import { contextOf, filledIn, formOf, textField } from './forms.ts';
import type { Visit } from './visit.ts';

/** Buttons, menus and forms below a lesson's messages. */

export const WRITE_FORM = 'lesson:written';
const WRITTEN = 'written';
/** What Slack's fields take. */
const MOST_WRITTEN = 3_000;

type Message = NonNullable<BlockAction['message']>;
export type Action = BlockAction['actions'][number];

/** False: it belongs to something else. */
export async function onPress(visit: Visit, body: BlockAction, action: Action): Promise<boolean> {
  const value = valueIn(action);
  const press = decode(value);
  if (!press) return onFeedback(visit, body, action);
  const { exchange, words } = visit;
  const { threadId, action: meant } = press;
  if (meant.type === 'write' || meant.type === 'change') {
    await stillOpen(visit, press);
    await exchange.open(formFor(press, words));
    return true;
  }
  const { message } = body;
  if (meant.type === 'listen') {
    await exchange.say(await both(exchange.ack(), listenTo(visit, threadId, message?.ts ?? '')));
    return true;
  }
  const blocks: AnyBlock[] = message?.blocks ?? [];
  const text = wordsOn(blocks, action.action_id, value) ?? '';
  // However often it is pressed before it is gone, a message has one answer.
  const id = meant.type === 'choice' && message ? `${message.ts}/${meant.questionId}` : `press-${action.action_ts}`;
  const saying = async () => {
    const { pendingQuestion } = await ownLesson(visit, threadId);
    await sayInLesson(visit, threadId, { id, text, action: meant });
    return meant.type === 'choice' && meant.questionId === pendingQuestion;
  };
  // The choice of an old question counts for nothing.
  const isAnswer = await both(exchange.ack(), saying());
  if (isAnswer && message) await showChoice(visit, press, message, withChoiceMade(blocks, action.action_id, value));
  return true;
}

function valueIn(action: Action): string {
  if ('selected_option' in action) return action.selected_option?.value ?? '';
  return 'value' in action ? (action.value ?? '') : '';
}

/** The answer counts, whether or not it shows on the message. */
async function showChoice(visit: Visit, { threadId }: Press, message: Message, blocks: AnyBlock[]): Promise<void> {
  const { bot, installation } = visit;
  try {
    const client = await bot.clients.of(installation.id);
    const shown = { text: message.text ?? '', blocks: blocks as KnownBlock[] };
    await client.chat.update({ channel: channelOf(threadId), ts: message.ts, ...shown });
  } catch (error) {
    bot.log.debug({ reason: reasonOf(error) }, 'a choice could not be shown as made');
  }
}

async function onFeedback(visit: Visit, { message }: BlockAction, action: Action): Promise<boolean> {
  const feedback = decodeFeedback(action.action_id, valueIn(action));
  if (!feedback || !message) return false;
  const { bot, sender, exchange, words } = visit;
  const { threadId, opinion: verdict } = feedback;
  const recorded = recordFeedback(bot.db, {
    ...{ platform: 'slack', threadId, messageId: message.ts, verdict },
    learner: sender.learner.id,
  });
  // Why not, is said as of every other button.
  if (!(await both(exchange.ack(), recorded))) await ownLesson(visit, threadId);
  await exchange.say(words(verdict === 'good' ? 'forms.thanks' : 'forms.thanksAndWhy'));
  return true;
}

/** The form stays open, and says why below what was written, until that is taken. */
export async function onWritten(visit: Visit, view: ViewOutput): Promise<void> {
  const { exchange, words } = visit;
  const press = decode(String(contextOf(view).press ?? ''));
  if (!press) throw new UserError('expired', words('errors.expired'));
  const text = filledIn(view, WRITTEN);
  const said = { id: `view-${view.id}`, text };
  await stillOpen(visit, press);
  await visit.soon(sayInLesson(visit, press.threadId, said));
  await exchange.ack();
  await announce(visit, press.threadId, said);
}

/**
 * For everybody to read, in a channel: what the person said out of sight, to see what is being answered. Only once it
 * was taken, and so it may come below the first words of the answer. Never rejects.
 */
export async function announce(
  { bot, installation, person }: Visit,
  threadId: string,
  { id, text }: { id: string; text: string },
): Promise<void> {
  if (isDirect(threadId)) return;
  try {
    const client = await bot.clients.of(installation.id);
    const shown = cut(text, MOST_WRITTEN);
    const said = { type: 'rich_text_quote' as const, elements: [{ type: 'text' as const, text: shown }] };
    await client.chat.postMessage({
      ...{ channel: channelOf(threadId), thread_ts: rootOf(threadId) },
      text: cut(`${escaped(person.name)}:\n${quote(escaped(shown))}`, MOST_WRITTEN),
      blocks: [{ type: 'rich_text', elements: [said] }],
      metadata: { event_type: 'threadtutor_message', event_payload: { key: id } },
    });
  } catch (error) {
    // Those who only read miss what is answered.
    bot.log.debug({ reason: reasonOf(error) }, 'what was said out of sight could not be shown');
  }
}

/**
 * Throws UserError where the lesson has gone on since the form was offered: what is written in it would answer something
 * else now.
 */
async function stillOpen(visit: Visit, { threadId, action }: Press): Promise<void> {
  const { phase, pendingQuestion } = await visit.soon(ownLesson(visit, threadId));
  const isOldPlan = action.type === 'change' && phase !== 'approving';
  const isOldQuestion = action.type === 'write' && action.questionId !== '' && action.questionId !== pendingQuestion;
  if (isOldPlan || isOldQuestion) throw new UserError('behind_us', visit.words('errors.behindUs'));
}

function formFor(press: Press, words: Translate): ModalView {
  const isChange = press.action.type === 'change';
  const field = textField({
    ...{ name: WRITTEN, most: MOST_WRITTEN, isRequired: true, isLong: true },
    label: words(isChange ? 'modals.changeLabel' : 'modals.writeLabel'),
    placeholder: words(isChange ? 'modals.changePlaceholder' : 'modals.writePlaceholder'),
  });
  const title = words(isChange ? 'modals.changeTitle' : 'modals.writeTitle');
  const [channel, thread] = [channelOf(press.threadId), rootOf(press.threadId)];
  const context = { press: encode(press), channel, thread };
  return formOf({ id: WRITE_FORM, title, submit: words('forms.send'), fields: [field], context }, words);
}
