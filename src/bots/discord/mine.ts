import {
  type APIModalInteractionResponseCallbackData,
  type APIModalSubmitInteraction,
  ButtonStyle,
  ComponentType,
  TextInputStyle,
} from 'discord-api-types/v10';
import { exportLearner, forgetLearner } from '../../core/data-rights.ts';
import type { TeachingWishes } from '../../core/messages.ts';
import { readProfile, saveWishes } from '../../core/profile.ts';
import { currentLesson } from '../../db/threads.ts';
import type { Bot } from './bot.ts';
import { type Exchange, soon } from './exchange.ts';
import { fieldsOf } from './forms.ts';
import { sayInLesson } from './lessons.ts';
import type { Sender } from './people.ts';
import type { Translate, WordKey } from './words.ts';

/** What is kept of a person, and what they decide about it: settings, forgetting, export. */

const WISHES = 'mine|wishes';
const FORGET = 'mine|forget';
const KEEP = 'mine|keep';

const FIELDS = ['nickname', 'character', 'style', 'language'] as const satisfies readonly (keyof TeachingWishes)[];
const WISH_LIMIT = 200;

export async function openWishes(bot: Bot, sender: Sender, exchange: Exchange, words: Translate): Promise<void> {
  const { wishes } = await soon(readProfile(bot.db, 'discord', sender.workspace.id, sender.learner.id), words);
  await exchange.ask(wishesForm(wishes, words));
}

function wishesForm(wishes: TeachingWishes, words: Translate): APIModalInteractionResponseCallbackData {
  return {
    custom_id: WISHES,
    title: words('settings.title'),
    components: FIELDS.map((field) => ({
      type: ComponentType.Label,
      label: words(`settings.${field}` satisfies WordKey),
      component: {
        type: ComponentType.TextInput,
        custom_id: field,
        style: TextInputStyle.Short,
        max_length: WISH_LIMIT,
        required: false,
        ...(wishes[field] && { value: wishes[field].slice(0, WISH_LIMIT) }),
      },
    })),
  };
}

/** False: the form is another one. */
export async function onWishes(
  bot: Bot,
  interaction: APIModalSubmitInteraction,
  sender: Sender,
  exchange: Exchange,
  words: Translate,
): Promise<boolean> {
  if (interaction.data.custom_id !== WISHES) return false;
  await exchange.defer();
  const written = fieldsOf(interaction);
  const preferences: TeachingWishes = Object.fromEntries(FIELDS.map((field) => [field, (written[field] ?? '').trim()]));
  const { workspace, learner } = sender;
  const threadId = await currentLesson(bot.db, 'discord', workspace.id, learner.id);
  if (threadId) {
    const action = { type: 'prefer' as const, preferences };
    await sayInLesson(bot, sender, threadId, { id: interaction.id, action }, words);
  } else {
    await saveWishes(bot.db, 'discord', workspace, learner, preferences);
  }
  await exchange.say(words('settings.saved'));
  return true;
}

export function askToForget(exchange: Exchange, words: Translate): Promise<void> {
  return exchange.say({
    content: words('data.forgetAsk'),
    components: [
      {
        type: ComponentType.ActionRow,
        components: [
          {
            type: ComponentType.Button,
            style: ButtonStyle.Danger,
            custom_id: FORGET,
            label: words('data.forgetConfirm'),
          },
          {
            type: ComponentType.Button,
            style: ButtonStyle.Secondary,
            custom_id: KEEP,
            label: words('data.forgetKeep'),
          },
        ],
      },
    ],
  });
}

/** False: the button is another one. The question is read by the person alone, so nobody else can press. */
export async function onForgetPress(
  bot: Bot,
  customId: string,
  sender: Sender,
  exchange: Exchange,
  words: Translate,
): Promise<boolean> {
  if (customId !== FORGET && customId !== KEEP) return false;
  await exchange.acknowledge();
  if (customId === FORGET) await forgetLearner(bot.db, 'discord', sender.workspace.id, sender.learner.id);
  const content = words(customId === FORGET ? 'data.forgetDone' : 'data.forgetKept');
  await exchange.edit({ content, components: [] });
  return true;
}

/** As JSON: for the person to read, and for other programs. */
export async function exportData(bot: Bot, sender: Sender, exchange: Exchange, words: Translate): Promise<void> {
  await exchange.defer();
  const everything = await exportLearner(bot.db, 'discord', sender.workspace.id, sender.learner.id);
  const data = Buffer.from(JSON.stringify(everything, null, 2));
  await exchange.say(words('data.exportHere'), [{ name: 'threadtutor.json', data }]);
}
