/** Interactions: what a person did with the app, how it was acknowledged, and the messages that came of it. */
import {
  type APIMessageInteractionMetadata,
  type ApplicationCommandType,
  GatewayDispatchEvents,
  type InteractionResponseType,
  InteractionType,
} from 'discord-api-types/v10';
import type { z } from 'zod';
import type { choicesForm, Modal } from './modal-forms.ts';
import { permissionsIn } from './permissions.ts';
import { entitlementsFor } from './premium.ts';
import { entitlementWire } from './premium-wire.ts';
import { Refusal } from './refusals.ts';
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
    entitlements: entitlementsFor(state, user.id, channel.guildId).map((each) => entitlementWire(state, each)),
    authorizing_integration_owners: metadata.authorizing_integration_owners,
    context: guild ? 0 : 1,
    attachment_size_limit: ATTACHMENT_SIZE_LIMIT,
  };
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
