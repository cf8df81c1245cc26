import {
  type APIMessageComponentInteraction,
  type APIModalInteractionResponseCallbackData,
  type APIModalSubmitInteraction,
  ComponentType,
  TextInputStyle,
} from 'discord-api-types/v10';
import { UserError } from '../../../errors.ts';
import { both, soon } from '../../in-time.ts';
import { listenTo } from '../../listening.ts';
import { ownLesson } from '../../own-lesson.ts';
import type { Translate } from '../../words.ts';
import { reasonOf } from '../failures.ts';
import { decode, encode, type Press, withChoiceMade, wordsOn } from '../replies/buttons.ts';
import { answerInLesson } from './answering.ts';
import { fieldsOf, formOf } from './forms.ts';
import type { Visit } from './visit.ts';

/** Buttons, menus and forms below a lesson's messages. */

const WRITTEN = 'written';
const MAX_WRITTEN = 4_000;

/** False: it belongs to something else. */
export async function onPress(visit: Visit, interaction: APIMessageComponentInteraction): Promise<boolean> {
  const { bot, exchange, words } = visit;
  const { id, data, message } = interaction;
  const press = decode(data.custom_id);
  if (!press) return false;
  if (press.action.type === 'write' || press.action.type === 'change') {
    await stillOpen(visit, press);
    await exchange.ask(formFor(press, words));
    return true;
  }
  if (press.action.type === 'listen') {
    await exchange.say(await both(exchange.acknowledge(), listenTo(visit, press.threadId, message.id)));
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
  await both(exchange.acknowledge(), answerInLesson(visit, press.threadId, { id: said, text, action }));
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
export async function onForm(visit: Visit, interaction: APIModalSubmitInteraction): Promise<boolean> {
  const press = decode(interaction.data.custom_id);
  if (!press) return false;
  const text = fieldsOf(interaction)[WRITTEN] ?? '';
  await stillOpen(visit, press);
  const { id } = interaction;
  await both(visit.exchange.announce(text), answerInLesson(visit, press.threadId, { id, text }));
  return true;
}

/**
 * Throws UserError where the lesson has gone on since the form was offered: what is written in it would answer something
 * else now.
 */
async function stillOpen(visit: Visit, { threadId, action }: Press): Promise<void> {
  const { phase, pendingQuestion } = await soon(ownLesson(visit, threadId), visit.words);
  const isOldPlan = action.type === 'change' && phase !== 'approving';
  const isOldQuestion = action.type === 'write' && action.questionId !== '' && action.questionId !== pendingQuestion;
  if (isOldPlan || isOldQuestion) throw new UserError('behind_us', visit.words('errors.behindUs'));
}

function formFor(press: Press, words: Translate): APIModalInteractionResponseCallbackData {
  const isChange = press.action.type === 'change';
  return formOf(encode(press) ?? '', words(isChange ? 'modals.changeTitle' : 'modals.writeTitle'), [
    {
      ...{ name: WRITTEN, most: MAX_WRITTEN, style: TextInputStyle.Paragraph, required: true },
      label: words(isChange ? 'modals.changeLabel' : 'modals.writeLabel'),
      placeholder: words(isChange ? 'modals.changePlaceholder' : 'modals.writePlaceholder'),
    },
  ]);
}
