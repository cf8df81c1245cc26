import {
  type APIMessageComponentInteraction,
  type APIModalInteractionResponseCallbackData,
  type APIModalSubmitInteraction,
  ComponentType,
  TextInputStyle,
} from 'discord-api-types/v10';
import type { Bot } from './bot.ts';
import { decode, encode, type Press, withChoiceMade, wordsOn } from './buttons.ts';
import { type Exchange, soon } from './exchange.ts';
import { reasonOf } from './failures.ts';
import { fieldsOf } from './forms.ts';
import { ownLesson, sayInLesson } from './lessons.ts';
import type { Sender } from './people.ts';
import { cut, MESSAGE_LIMIT } from './split.ts';
import type { Translate } from './words.ts';

/** Buttons, menus and forms below a lesson's messages. */

const WRITTEN = 'written';
const MAX_WRITTEN = 4_000;

/** False: it belongs to something else. */
export async function onPress(
  bot: Bot,
  interaction: APIMessageComponentInteraction,
  sender: Sender,
  exchange: Exchange,
  words: Translate,
): Promise<boolean> {
  const { id, data, message } = interaction;
  const press = decode(data.custom_id);
  if (!press) return false;
  if (press.action.type === 'write' || press.action.type === 'change') {
    await soon(ownLesson(bot, sender, press.threadId, words), words);
    await exchange.ask(formFor(press, words));
    return true;
  }
  const value = data.component_type === ComponentType.StringSelect ? data.values[0] : undefined;
  const action =
    press.action.type === 'pick'
      ? { type: 'choice' as const, questionId: press.action.questionId, choiceId: value ?? '' }
      : press.action;
  const shown = message.components ?? [];
  const text = wordsOn(shown, data.custom_id, value) ?? '';
  // However often it is pressed before it is disabled, a message has one answer.
  const said = action.type === 'choice' ? `${message.id}/${action.questionId}` : id;
  await both(exchange.acknowledge(), sayInLesson(bot, sender, press.threadId, { id: said, text, action }, words));
  if (action.type === 'choice') {
    const components = withChoiceMade(shown, data.custom_id, value);
    // The answer counts, whether or not it shows on the buttons.
    await exchange.edit({ components: components as never }).catch((error: unknown) => {
      bot.log.debug({ reason: reasonOf(error) }, 'a choice could not be shown as made');
    });
  }
  return true;
}

/** False: it belongs to something else. */
export async function onForm(
  bot: Bot,
  interaction: APIModalSubmitInteraction,
  sender: Sender,
  exchange: Exchange,
  words: Translate,
): Promise<boolean> {
  const press = decode(interaction.data.custom_id);
  if (!press) return false;
  const text = fieldsOf(interaction)[WRITTEN] ?? '';
  await soon(ownLesson(bot, sender, press.threadId, words), words);
  const { id } = interaction;
  await both(exchange.announce(quote(text)), sayInLesson(bot, sender, press.threadId, { id, text }, words));
  return true;
}

/**
 * What was taken is promised, whether or not Discord hears of it in time; and the person hears why not, also when it
 * does. Both are begun at once, so that a crash in between is unlikely to leave one without the other.
 */
export async function both(answer: Promise<void>, work: Promise<unknown>): Promise<void> {
  const [answered, done] = await Promise.allSettled([answer, work]);
  if (done.status === 'rejected') throw done.reason;
  if (answered.status === 'rejected') throw answered.reason;
}

/** What somebody said out of sight, for all to see what is being answered. */
export function quote(text: string): string {
  const lines = text.split('\n').map((line) => `> ${line}`);
  return cut(lines.join('\n'), MESSAGE_LIMIT);
}

function formFor(press: Press, words: Translate): APIModalInteractionResponseCallbackData {
  const isChange = press.action.type === 'change';
  return {
    custom_id: encode(press) ?? '',
    title: words(isChange ? 'modals.changeTitle' : 'modals.writeTitle'),
    components: [
      {
        type: ComponentType.Label,
        label: words(isChange ? 'modals.changeLabel' : 'modals.writeLabel'),
        component: {
          type: ComponentType.TextInput,
          custom_id: WRITTEN,
          style: TextInputStyle.Paragraph,
          placeholder: words(isChange ? 'modals.changePlaceholder' : 'modals.writePlaceholder'),
          max_length: MAX_WRITTEN,
          required: true,
        },
      },
    ],
  };
}
