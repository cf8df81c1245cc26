import {
  type APIApplicationCommandInteraction,
  type APIInteraction,
  ApplicationCommandType,
  InteractionType,
  RESTJSONErrorCodes,
} from 'discord-api-types/v10';
import { UserError } from '../../errors.ts';
import { onAdminPress, onBudget, openPanel } from './admin.ts';
import type { Bot } from './bot.ts';
import { ADMIN, ASK_ABOUT, TUTOR } from './commands.ts';
import { type Exchange, openExchange } from './exchange.ts';
import { isRefusal, reasonOf } from './failures.ts';
import { onForgetPress, onWishes } from './mine.ts';
import { type Sender, senderOf } from './people.ts';
import { onForm, onPress } from './presses.ts';
import { suggestions } from './suggestions.ts';
import { onAskAbout, onTutorCommand } from './tutor-command.ts';
import type { Translate } from './words.ts';

/** Commands, buttons, menus and forms. Whatever goes wrong, the person reads one sentence. */

/** Never throws. */
export async function onInteraction(bot: Bot, interaction: APIInteraction): Promise<void> {
  const user = interaction.member?.user ?? interaction.user;
  if (!user) return;
  const sender = senderOf(bot, user, interaction.member, interaction.guild_id);
  const words = bot.words.for('locale' in interaction ? interaction.locale : null);
  const exchange = openExchange(bot.api, bot.telemetry, interaction);
  try {
    await handle(bot, interaction, sender, exchange, words);
  } catch (error) {
    await explain(bot, error, exchange, words);
  }
}

async function handle(
  bot: Bot,
  interaction: APIInteraction,
  sender: Sender,
  exchange: Exchange,
  words: Translate,
): Promise<void> {
  switch (interaction.type) {
    case InteractionType.ApplicationCommand:
      return onCommand(bot, interaction, sender, exchange, words);
    case InteractionType.ApplicationCommandAutocomplete: {
      const choices = await suggestions(bot, interaction, sender);
      return bot.api.interactions
        .createAutocompleteResponse(interaction.id, interaction.token, { choices })
        .then(() => {});
    }
    case InteractionType.MessageComponent: {
      const isKnown =
        (await onPress(bot, interaction, sender, exchange, words)) ||
        (await onForgetPress(bot, interaction.data.custom_id, sender, exchange, words)) ||
        (await onAdminPress(bot, interaction, sender, exchange, words));
      return isKnown ? undefined : exchange.say(words('errors.expired'));
    }
    case InteractionType.ModalSubmit: {
      const isKnown =
        (await onForm(bot, interaction, sender, exchange, words)) ||
        (await onWishes(bot, interaction, sender, exchange, words)) ||
        (await onBudget(bot, interaction, sender, exchange, words));
      return isKnown ? undefined : exchange.say(words('errors.expired'));
    }
    default:
      return;
  }
}

function onCommand(
  bot: Bot,
  interaction: APIApplicationCommandInteraction,
  sender: Sender,
  exchange: Exchange,
  words: Translate,
): Promise<void> {
  const { type, name } = interaction.data;
  if (type === ApplicationCommandType.ChatInput && name === TUTOR) {
    return onTutorCommand(bot, interaction as never, sender, exchange, words);
  }
  if (type === ApplicationCommandType.ChatInput && name === ADMIN) return openPanel(bot, sender, exchange, words);
  if (type === ApplicationCommandType.Message && name === ASK_ABOUT) {
    return onAskAbout(bot, interaction as never, sender, exchange, words);
  }
  return exchange.say(words('errors.expired'));
}

async function explain(bot: Bot, error: unknown, exchange: Exchange, words: Translate): Promise<void> {
  if (
    isRefusal(error, RESTJSONErrorCodes.UnknownInteraction, RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged)
  ) {
    bot.log.warn({ reason: reasonOf(error) }, 'an interaction was answered too late, or twice');
    return;
  }
  const sentence = error instanceof UserError ? error.message : refusalIn(error, words);
  if (sentence === null) bot.log.error({ err: error }, 'an interaction failed');
  await exchange.say(sentence ?? words('errors.unavailable')).catch((failure: unknown) => {
    bot.log.warn({ reason: reasonOf(failure) }, 'somebody could not be told why');
  });
}

/** What Discord refuses because of the place; null: it is no such refusal. */
function refusalIn(error: unknown, words: Translate): string | null {
  const { MissingPermissions, MissingAccess } = RESTJSONErrorCodes;
  if (isRefusal(error, MissingPermissions, MissingAccess)) return words('errors.notAllowed');
  const { CannotSendMessagesInNonTextChannel, CannotExecuteActionOnThisChannelType } = RESTJSONErrorCodes;
  const isWrongPlace = isRefusal(error, CannotSendMessagesInNonTextChannel, CannotExecuteActionOnThisChannelType);
  return isWrongPlace ? words('errors.wrongPlace') : null;
}
