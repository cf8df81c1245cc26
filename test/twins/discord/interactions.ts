/** Interactions: what a person did with the app, how it was acknowledged, and the messages that came of it. */
import {
  type APIMessageInteractionMetadata,
  ApplicationCommandType,
  GatewayDispatchEvents,
  InteractionResponseType,
  InteractionType,
  MessageFlags,
  MessageType,
} from 'discord-api-types/v10';
import { z } from 'zod';
import { oneOf, parseForm } from './forms.ts';
import { messageForm } from './message-forms.ts';
import {
  type Draft,
  deleteMessage,
  editMessage,
  postMessage,
  postSystemMessage,
  type UploadedFile,
} from './messages.ts';
import { choicesForm, type Modal, parseModal } from './modal-forms.ts';
import { permissionsIn } from './permissions.ts';
import { invalidField, Refusal } from './refusals.ts';
import { type Channel, known, type Message, type State, type User } from './state.ts';
import { channelWire, interactionMemberWire, messageWire, userWire } from './wire.ts';

export interface Acknowledgement {
  type: InteractionResponseType;
  /** By the twin's clock. */
  at: number;
  /** It came after three seconds, and Discord refused it. */
  late: boolean;
}

type Choices = z.infer<typeof choicesForm>['choices'];

export interface Interaction {
  id: string;
  token: string;
  type: InteractionType;
  createdAt: number;
  user: User;
  channel: Channel;
  commandType: ApplicationCommandType | null;
  metadata: APIMessageInteractionMetadata;
  /** The message whose component was used, or whose component opened the modal. */
  source: Message | null;
  /** Null until an acknowledgement was accepted. */
  acknowledgement: Acknowledgement | null;
  /** Resolves with the first one that came, in time or not. */
  acknowledged: PromiseWithResolvers<Acknowledgement>;
  modal: Modal | null;
  choices: Choices | null;
  /** What @original means. */
  originalId: string | null;
  /** The answer and all that follows it, oldest first; not the source. */
  replyIds: string[];
}

const ACKNOWLEDGE_MS = 3_000;
const TOKEN_MS = 15 * 60_000;
const ATTACHMENT_SIZE_LIMIT = 10 * 1024 * 1024;

interface Happening {
  type: InteractionType;
  user: User;
  channel: Channel;
  data: { type?: ApplicationCommandType };
  source?: Message | null;
  /** Of the interaction whose modal is submitted. */
  opener?: Interaction;
}

/** Makes an interaction and sends it to the bot, who needs no intent and no access to the channel for it. */
export function beginInteraction(state: State, happening: Happening): Interaction {
  const { type, user, channel, source = null, opener } = happening;
  const id = state.nextId();
  const token = `aW50ZXJhY3Rpb246${id}${'x'.repeat(40)}`;
  const owners = channel.guildId ? { 0: channel.guildId } : { 0: '0', 1: user.id };
  const interaction: Interaction = {
    ...{ id, token, type, user, channel, source },
    createdAt: state.now(),
    commandType: happening.data.type ?? null,
    metadata: {
      ...{ id, type, user: userWire(user), authorizing_integration_owners: owners },
      ...(type === InteractionType.MessageComponent && source && { interacted_message_id: source.id }),
      ...(opener && { triggering_interaction_metadata: opener.metadata }),
    } as APIMessageInteractionMetadata,
    acknowledgement: null,
    acknowledged: Promise.withResolvers(),
    modal: null,
    choices: null,
    originalId: null,
    replyIds: [],
  };
  state.interactions.set(token, interaction);
  const data = interactionWire(state, interaction, happening.data);
  state.dispatch({
    name: GatewayDispatchEvents.InteractionCreate,
    guildId: channel.guildId,
    intent: 0,
    data: () => data,
  });
  return interaction;
}

function interactionWire(state: State, interaction: Interaction, data: object): object {
  const { id, token, type, user, channel, source, metadata } = interaction;
  const guild = channel.guildId ? known(state.guilds, channel.guildId) : null;
  const member = guild?.members.get(user.id);
  return {
    ...{ id, token, type, data },
    version: 1,
    application_id: state.applicationId,
    channel_id: channel.id,
    channel: channelWire(state, channel),
    ...(guild && {
      guild_id: guild.id,
      guild: { id: guild.id, locale: guild.locale, features: [] },
      guild_locale: guild.locale,
    }),
    ...(member ? { member: interactionMemberWire(state, member, channel) } : { user: userWire(user) }),
    ...(source && { message: messageWire(state, source, true) }),
    locale: user.locale,
    app_permissions: String(permissionsIn(state, state.bot.id, channel)),
    entitlements: [],
    authorizing_integration_owners: metadata.authorizing_integration_owners,
    context: guild ? 0 : 1,
    attachment_size_limit: ATTACHMENT_SIZE_LIMIT,
  };
}

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
  const late = state.now() - interaction.createdAt > ACKNOWLEDGE_MS;
  const acknowledgement: Acknowledgement = { type, at: state.now(), late };
  if (late) {
    interaction.acknowledged.resolve(acknowledgement);
    throw new Refusal('unknownInteraction');
  }
  if (!fits(interaction, type))
    throw invalidField(['type'], 'BASE_TYPE_CHOICES', `Type ${type} does not answer this interaction`);
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

/** A message of the bot as a form, with our own rule: what it sends says whom it pings, and that is nobody. */
export function draftOf(
  state: State,
  body: unknown,
  files: readonly UploadedFile[],
  path: readonly string[] = [],
): Draft {
  const form =
    path.length === 0 ? parseForm(messageForm, body) : parseForm(z.object({ data: messageForm }), { data: body }).data;
  const mentions = form.allowed_mentions;
  if (mentions?.parse?.length !== 0 || mentions.users?.length || mentions.roles?.length || mentions.replied_user) {
    state.violations.push(
      `a message was sent without allowed_mentions { parse: [] }: ${JSON.stringify(body).slice(0, 200)}`,
    );
  }
  return { form, files };
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

/** The interaction behind a webhook's URL. Throws 10015 before it is acknowledged, 50027 when its token has expired. */
export function interactionOf(state: State, applicationId: string, token: string): Interaction {
  const interaction = state.interactions.get(token);
  if (applicationId !== state.applicationId || !interaction?.acknowledgement) throw new Refusal('unknownWebhook');
  if (state.now() - interaction.createdAt > TOKEN_MS) throw new Refusal('invalidWebhookToken');
  return interaction;
}

/** A message of the interaction, by its id or as @original; throws 10008. */
export function messageOf(state: State, interaction: Interaction, id: string): Message {
  const wanted = id === '@original' ? interaction.originalId : id;
  const isOurs = wanted !== null && (wanted === interaction.originalId || interaction.replyIds.includes(wanted));
  const message = isOurs ? state.messages.get(wanted) : undefined;
  if (!message) throw new Refusal('unknownMessage');
  return message;
}

/** One more message. The first one after a deferred answer is that answer, and stays as visible as it was promised. */
export function followUp(state: State, interaction: Interaction, draft: Draft): Message {
  const original = interaction.originalId === null ? undefined : state.messages.get(interaction.originalId);
  if (!original || !(original.flags & MessageFlags.Loading)) return reply(state, interaction, draft);
  editMessage(state, original, draft);
  return original;
}

export function deleteReply(state: State, interaction: Interaction, id: string): void {
  deleteMessage(state, messageOf(state, interaction, id));
}

/** What a callback with `with_response=true` is answered with. */
export function callbackWire(state: State, interaction: Interaction): object {
  const { id, type, originalId, replyIds, acknowledgement } = interaction;
  const message = originalId === null ? undefined : state.messages.get(originalId);
  const isMade = message && replyIds.includes(message.id);
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
      ...(message && !isLoading && { message: messageWire(state, message, true) }),
    },
  };
}
