import {
  type APIApplicationCommandInteractionDataBasicOption,
  type APIChatInputApplicationCommandInteraction,
  type APIMessageApplicationCommandInteraction,
  ApplicationCommandOptionType,
} from 'discord-api-types/v10';
import type { CommandName } from '../../core/messages.ts';
import { UserError } from '../../errors.ts';
import type { Bot } from './bot.ts';
import type { Subcommand } from './commands.ts';
import { type Exchange, soon } from './exchange.ts';
import { isHere, nearestLesson, sayInLesson } from './lessons.ts';
import { askToForget, exportData, openWishes } from './mine.ts';
import type { Sender } from './people.ts';
import { both, quote } from './presses.ts';
import { cut } from './split.ts';
import { startLesson, startOptions } from './start.ts';
import type { Translate } from './words.ts';

/** `/tutor …`, and "Ask the tutor about this". */

type Options = Readonly<Record<string, string | number | boolean>>;

export async function onTutorCommand(
  bot: Bot,
  interaction: APIChatInputApplicationCommandInteraction,
  sender: Sender,
  exchange: Exchange,
  words: Translate,
): Promise<void> {
  const [chosen] = interaction.data.options ?? [];
  if (chosen?.type !== ApplicationCommandOptionType.Subcommand) throw new Error('a command without its subcommand');
  const name = chosen.name as Subcommand;
  const options = valuesOf(chosen.options ?? []);
  switch (name) {
    case 'start': {
      const wanted = { start: startOptions(options), isPrivate: options.private === true, question: null };
      return startLesson(bot, interaction, sender, wanted, exchange, words);
    }
    case 'ask':
      return ask(bot, interaction, sender, String(options.question ?? ''), exchange, words);
    case 'voice':
      return exchange.say(words('errors.noVoice'));
    case 'settings':
      return openWishes(bot, sender, exchange, words);
    case 'forget':
      return askToForget(exchange, words);
    case 'export':
      return exportData(bot, sender, exchange, words);
    case 'plan':
    case 'progress':
    case 'hint':
    case 'skip':
    case 'pause':
    case 'resume':
    case 'end':
      return command(bot, interaction, sender, name, exchange, words);
    default:
      throw new Error(`an unknown subcommand: ${name satisfies never}`);
  }
}

function valuesOf(options: readonly APIApplicationCommandInteractionDataBasicOption[]): Options {
  return Object.fromEntries(options.flatMap((option) => ('value' in option ? [[option.name, option.value]] : [])));
}

/** What a button does, from anywhere: in this channel's lesson, else in the one that the person was in last. */
async function command(
  bot: Bot,
  { id, channel }: APIChatInputApplicationCommandInteraction,
  sender: Sender,
  type: CommandName,
  exchange: Exchange,
  words: Translate,
): Promise<void> {
  const [, nearest] = await Promise.all([exchange.defer(), nearestLesson(bot, sender, channel.id)]);
  // Without any, the person reads that there is none here, or whose it is.
  const threadId = nearest ?? channel.id;
  await sayInLesson(bot, sender, threadId, { id, text: `/tutor ${type}`, action: { type } }, words);
  if (isHere(threadId, channel.id)) return exchange.settle();
  await exchange.say(words('start.resumed', { thread: `<#${threadId}>` }));
}

/** In the lesson here, for all to read; elsewhere in a new one that is for questions only. */
async function ask(
  bot: Bot,
  interaction: APIChatInputApplicationCommandInteraction | APIMessageApplicationCommandInteraction,
  sender: Sender,
  text: string,
  exchange: Exchange,
  words: Translate,
): Promise<void> {
  const { id, channel } = interaction;
  const threadId = await soon(nearestLesson(bot, sender, channel.id), words);
  if (threadId && isHere(threadId, channel.id)) {
    return both(exchange.announce(quote(text)), sayInLesson(bot, sender, threadId, { id, text }, words));
  }
  const start = { topic: cut(text.replace(/\s+/g, ' ').trim(), TOPIC_CHARACTERS), mode: 'questions' as const };
  await startLesson(bot, interaction, sender, { start, isPrivate: false, question: text }, exchange, words);
}

const TOPIC_CHARACTERS = 80;

/** A message of anybody's, and what they wrote is data like all that people write. */
export function onAskAbout(
  bot: Bot,
  interaction: APIMessageApplicationCommandInteraction,
  sender: Sender,
  exchange: Exchange,
  words: Translate,
): Promise<void> {
  const { content } = interaction.data.resolved.messages[interaction.data.target_id] ?? {};
  if (!content?.trim()) throw new UserError('unreadable', words('errors.nothingToRead'));
  return ask(bot, interaction, sender, content, exchange, words);
}
