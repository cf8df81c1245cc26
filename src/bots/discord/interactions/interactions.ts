import {
  type APIApplicationCommandInteraction,
  type APIInteraction,
  ApplicationCommandType,
  InteractionType,
  RESTJSONErrorCodes,
} from 'discord-api-types/v10';
import { UserError } from '../../../errors.ts';
import { quote } from '../../lines.ts';
import { splitMarkdown } from '../../split.ts';
import type { Translate } from '../../words.ts';
import type { Bot } from '../bot.ts';
import { isAway, isRefusal, reasonOf, saysNo } from '../failures.ts';
import { senderOf } from '../lessons/people.ts';
import { MESSAGE_LIMIT } from '../replies/markdown.ts';
import { onAdminPress, onBudget } from './admin.ts';
import { onAdminCommand } from './admin-command.ts';
import { onBillingPress } from './billing.ts';
import { ADMIN, ASK_ABOUT, TUTOR } from './commands.ts';
import { openExchange } from './exchange.ts';
import { fieldsOf } from './forms.ts';
import { onForgetPress, onWishes } from './mine.ts';
import { onForm, onPress } from './presses.ts';
import { suggestions } from './suggestions.ts';
import { onAskAbout, onTutorCommand } from './tutor-command.ts';
import type { Visit } from './visit.ts';

/** Commands, buttons, menus and forms. Whatever goes wrong, the person reads one sentence. */

/** Never throws. */
export async function onInteraction(bot: Bot, interaction: APIInteraction): Promise<void> {
  const user = interaction.member?.user ?? interaction.user;
  if (!user) return;
  const visit: Visit = {
    bot,
    sender: senderOf(bot, user, interaction.member, interaction.guild_id),
    words: bot.words.for('locale' in interaction ? interaction.locale : null),
    exchange: openExchange(bot.api, bot.telemetry, interaction),
  };
  try {
    await handle(visit, interaction);
  } catch (error) {
    await explain(visit, interaction, error);
  }
}

async function handle(visit: Visit, interaction: APIInteraction): Promise<void> {
  switch (interaction.type) {
    case InteractionType.ApplicationCommand:
      return onCommand(visit, interaction);
    case InteractionType.ApplicationCommandAutocomplete: {
      const choices = await suggestions(visit, interaction);
      await visit.bot.api.interactions.createAutocompleteResponse(interaction.id, interaction.token, { choices });
      return;
    }
    case InteractionType.MessageComponent: {
      const isKnown =
        (await onPress(visit, interaction)) ||
        (await onForgetPress(visit, interaction.data.custom_id)) ||
        (await onAdminPress(visit, interaction)) ||
        (await onBillingPress(visit, interaction));
      return isKnown ? undefined : sayExpired(visit);
    }
    case InteractionType.ModalSubmit: {
      const isKnown =
        (await onForm(visit, interaction)) ||
        (await onWishes(visit, interaction)) ||
        (await onBudget(visit, interaction));
      return isKnown ? undefined : sayExpired(visit);
    }
    default:
      return;
  }
}

function onCommand(visit: Visit, interaction: APIApplicationCommandInteraction): Promise<void> {
  const { type, name } = interaction.data;
  if (type === ApplicationCommandType.ChatInput && name === TUTOR) return onTutorCommand(visit, interaction as never);
  if (type === ApplicationCommandType.ChatInput && name === ADMIN) return onAdminCommand(visit, interaction as never);
  if (type === ApplicationCommandType.Message && name === ASK_ABOUT) return onAskAbout(visit, interaction as never);
  return sayExpired(visit);
}

function sayExpired({ exchange, words }: Visit): Promise<void> {
  return exchange.say(words('errors.expired'));
}

/** Whoever filled in a form gets back what they typed: Discord has closed it. */
async function explain({ bot, exchange, words }: Visit, interaction: APIInteraction, error: unknown): Promise<void> {
  if (
    isRefusal(error, RESTJSONErrorCodes.UnknownInteraction, RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged)
  ) {
    bot.log.warn({ reason: reasonOf(error) }, 'an interaction was answered too late, or twice');
    return;
  }
  const expected = error instanceof UserError ? error.message : refusalIn(error, words);
  if (expected === null) bot.log.error({ err: error }, 'an interaction failed');
  const sentence = expected ?? words(saysNo(error) || isAway(error) ? 'errors.discordFailed' : 'errors.unavailable');
  const typed = interaction.type === InteractionType.ModalSubmit ? Object.values(fieldsOf(interaction)).join('\n') : '';
  try {
    for (const part of splitMarkdown(`${sentence}\n\n${typed.trim() && quote(typed)}`, MESSAGE_LIMIT))
      await exchange.say(part);
  } catch (failure) {
    bot.log.warn({ reason: reasonOf(failure) }, 'somebody could not be told why');
  }
}

/** What Discord refuses because of the place; null: it is no such refusal. */
function refusalIn(error: unknown, words: Translate): string | null {
  const { MissingPermissions, MissingAccess } = RESTJSONErrorCodes;
  if (isRefusal(error, MissingPermissions, MissingAccess)) return words('errors.notAllowed');
  const { CannotSendMessagesInNonTextChannel, CannotExecuteActionOnThisChannelType } = RESTJSONErrorCodes;
  const isWrongPlace = isRefusal(error, CannotSendMessagesInNonTextChannel, CannotExecuteActionOnThisChannelType);
  return isWrongPlace ? words('errors.wrongPlace') : null;
}
