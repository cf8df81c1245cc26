/** How a bot answers an interaction: the acknowledgement, and what follows it. */
import {
  ApplicationCommandType,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
  MessageType,
} from 'discord-api-types/v10';
import { z } from 'zod';
import { oneOf, parseForm } from './forms.ts';
import type { Acknowledgement, Interaction } from './interactions.ts';
import { type Draft, draftOf, editMessage, postMessage, postSystemMessage, type UploadedFile } from './messages.ts';
import { choicesForm, parseModal } from './modal-forms.ts';
import { invalidField, Refusal } from './refusals.ts';
import type { Message, State } from './state.ts';
import { messageWire } from './wire.ts';

const callbackForm = z.object({ type: oneOf(4, 5, 6, 7, 8, 9), data: z.unknown().optional() });

/** Takes the bot's first answer. Throws 10062 when there is no such interaction or it is too old, 40060 for the second. */
export function acknowledge(
  state: State,
  id: string,
  token: string,
  body: unknown,
  files: readonly UploadedFile[],
): Interaction {
  const interaction = state.interactions.get(token);
  if (interaction?.id !== id) throw new Refusal('unknownInteraction');
  if (interaction.acknowledgement) throw new Refusal('acknowledged');
  const { type, data } = parseForm(callbackForm, body);
  const late = state.now() - interaction.createdAt > state.options.acknowledgeMs;
  const acknowledgement: Acknowledgement = { type, at: state.now(), late };
  if (late) {
    interaction.acknowledged.resolve(acknowledgement);
    throw new Refusal('unknownInteraction');
  }
  if (!fits(interaction, type)) throw invalidField(['type'], 'BASE_TYPE_CHOICES', `Type ${type} is no answer to this`);
  answer(state, interaction, type, data ?? {}, files);
  interaction.acknowledgement = acknowledgement;
  interaction.acknowledged.resolve(acknowledgement);
  return interaction;
}

/** Which answers an interaction takes. */
function fits({ type, source }: Interaction, response: InteractionResponseType): boolean {
  if (type === InteractionType.ApplicationCommandAutocomplete) {
    return response === InteractionResponseType.ApplicationCommandAutocompleteResult;
  }
  switch (response) {
    case InteractionResponseType.ApplicationCommandAutocompleteResult:
      return false;
    case InteractionResponseType.DeferredMessageUpdate:
    case InteractionResponseType.UpdateMessage:
      return source !== null;
    case InteractionResponseType.Modal:
      return type !== InteractionType.ModalSubmit;
    default:
      return true;
  }
}

function answer(
  state: State,
  interaction: Interaction,
  type: InteractionResponseType,
  data: unknown,
  files: readonly UploadedFile[],
): void {
  switch (type) {
    case InteractionResponseType.ChannelMessageWithSource:
      interaction.originalId = reply(state, interaction, draftOf(state, data, files, ['data'])).id;
      return;
    case InteractionResponseType.DeferredChannelMessageWithSource: {
      const { flags } = parseForm(z.object({ flags: z.int().optional() }), data);
      const more = {
        ...replyFields(interaction),
        flags: MessageFlags.Loading | ((flags ?? 0) & MessageFlags.Ephemeral),
      };
      const onlyFor = more.flags & MessageFlags.Ephemeral ? interaction.user.id : null;
      const loading = postSystemMessage(state, interaction.channel, state.bot, { ...more, onlyFor });
      interaction.replyIds.push(loading.id);
      interaction.originalId = loading.id;
      return;
    }
    case InteractionResponseType.DeferredMessageUpdate:
      interaction.originalId = interaction.source?.id ?? null;
      return;
    case InteractionResponseType.UpdateMessage: {
      const source = interaction.source && state.messages.get(interaction.source.id);
      if (!source) throw new Refusal('unknownMessage');
      editMessage(state, source, draftOf(state, data, files, ['data']));
      interaction.originalId = source.id;
      return;
    }
    case InteractionResponseType.ApplicationCommandAutocompleteResult:
      interaction.choices = parseForm(z.object({ data: choicesForm }), { data }).data.choices;
      return;
    case InteractionResponseType.Modal:
      interaction.modal = parseModal(data);
  }
}

function replyFields({ commandType, metadata, originalId }: Interaction): Partial<Message> {
  const isFirst = originalId === null && commandType !== null;
  const named =
    commandType === ApplicationCommandType.ChatInput ? MessageType.ChatInputCommand : MessageType.ContextMenuCommand;
  return { type: isFirst ? named : MessageType.Default, interaction: metadata };
}

function reply(state: State, interaction: Interaction, draft: Draft): Message {
  const isEphemeral = Boolean((draft.form.flags ?? 0) & MessageFlags.Ephemeral);
  const message = postMessage(state, interaction.channel, state.bot, draft, {
    ...replyFields(interaction),
    flags: isEphemeral ? MessageFlags.Ephemeral : 0,
    onlyFor: isEphemeral ? interaction.user.id : null,
  });
  interaction.replyIds.push(message.id);
  return message;
}

/** One more message. The first one after a deferred answer is that answer, and stays as visible as it was promised. */
export function followUp(state: State, interaction: Interaction, draft: Draft): Message {
  const original = interaction.originalId === null ? undefined : state.messages.get(interaction.originalId);
  if (!original || !(original.flags & MessageFlags.Loading)) return reply(state, interaction, draft);
  editMessage(state, original, draft);
  return original;
}

/** What a callback with `with_response=true` is answered with. */
export function callbackWire(state: State, interaction: Interaction): object {
  const { id, type, originalId, replyIds, acknowledgement } = interaction;
  const message = originalId === null ? undefined : state.messages.get(originalId);
  const isMade = message && replyIds.includes(message.id);
  const isShown =
    acknowledgement?.type === InteractionResponseType.ChannelMessageWithSource ||
    acknowledgement?.type === InteractionResponseType.UpdateMessage;
  const isLoading = Boolean(message && message.flags & MessageFlags.Loading);
  return {
    interaction: {
      ...{ id, type },
      ...(isMade && {
        response_message_id: message.id,
        response_message_loading: isLoading,
        response_message_ephemeral: message.onlyFor !== null,
      }),
    },
    resource: {
      type: acknowledgement?.type,
      ...(isShown && message && { message: messageWire(state, message, true) }),
    },
  };
}
