/** Messages: what may be posted and edited, what comes of it, and who hears of it. */
import {
  type APIAttachment,
  type APIEmbed,
  GatewayDispatchEvents,
  GatewayIntentBits,
  MessageFlags,
  MessageType,
} from 'discord-api-types/v10';
import { z } from 'zod';
import { enterThread } from './archiving.ts';
import { checkComponents, checkSales, numbered } from './component-forms.ts';
import { parseForm } from './forms.ts';
import { type AttachmentForm, checkEmbeds, type MessageForm, messageForm } from './message-forms.ts';
import { invalidField, Refusal } from './refusals.ts';
import { type Channel, known, type Message, type State, type StoredFile, type User } from './state.ts';
import { messageWire } from './wire.ts';

/** A file as it was uploaded: `files[index]`. */
export interface UploadedFile extends StoredFile {
  index: number;
}

export interface Draft {
  form: MessageForm;
  files: readonly UploadedFile[];
}

const MAX_FILE_BYTES = 10 * 1024 * 1024;
const NONCE_MS = 5 * 60_000;
/** Of what a form asks for, the flags that anybody may set. */
const SETTABLE =
  MessageFlags.SuppressEmbeds |
  MessageFlags.SuppressNotifications |
  MessageFlags.IsVoiceMessage |
  MessageFlags.IsComponentsV2;

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

/** Posts a message, or returns the earlier one that has the same enforced nonce. */
export function postMessage(
  state: State,
  channel: Channel,
  author: User,
  draft: Draft,
  more: Partial<Message> = {},
): Message {
  const { form, files } = draft;
  const nonceKey = `${author.id}:${channel.id}:${form.nonce}`;
  const earlier = form.enforce_nonce && form.nonce ? state.nonces.get(nonceKey) : undefined;
  if (earlier && state.now() - earlier.createdAt <= NONCE_MS && state.messages.has(earlier.id)) return earlier;
  const message = blankMessage(state, channel, author, more);
  if (form.message_reference) refer(state, message, form.message_reference, channel);
  message.flags |= (form.flags ?? 0) & SETTABLE;
  message.nonce = form.nonce ?? null;
  fill(state, message, form, files);
  // An interaction is answered wherever it happened.
  if (!message.interaction) enterThread(state, channel, author.id);
  if (form.nonce) state.nonces.set(nonceKey, message);
  keep(state, channel, message);
  return message;
}

/** What Discord itself says in a channel: a thread was started, renamed, something was pinned. */
export function postSystemMessage(state: State, channel: Channel, author: User, more: Partial<Message>): Message {
  const message = blankMessage(state, channel, author, more);
  keep(state, channel, message);
  return message;
}

/** Throws 50005 and the like for what may not be edited; fields that are left out stay as they are. */
export function editMessage(state: State, message: Message, draft: Draft): void {
  const { form, files } = draft;
  if (message.flags & MessageFlags.IsVoiceMessage) throw new Refusal('voiceIsFinal');
  const wasV2 = message.flags & MessageFlags.IsComponentsV2;
  if (wasV2 && typeof form.flags === 'number' && !(form.flags & MessageFlags.IsComponentsV2)) {
    throw invalidField(['flags'], 'MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG', 'Cannot remove the components V2 flag');
  }
  const editable = MessageFlags.SuppressEmbeds | MessageFlags.IsComponentsV2;
  const kept = typeof form.flags === 'number' ? message.flags & ~MessageFlags.SuppressEmbeds : message.flags;
  const edited = { ...message, flags: (kept | ((form.flags ?? 0) & editable)) & ~MessageFlags.Loading };
  fill(state, edited, form, files);
  Object.assign(message, edited, { editedAt: state.now() });
  if (message.onlyFor === null) announce(state, message, GatewayDispatchEvents.MessageUpdate);
}

export function deleteMessage(state: State, message: Message): void {
  const channel = known(state.channels, message.channelId);
  channel.messages = channel.messages.filter((each) => each !== message);
  state.messages.delete(message.id);
  if (message.onlyFor !== null) return;
  const place = { channel_id: channel.id, ...(channel.guildId && { guild_id: channel.guildId }) };
  state.dispatch({
    name: GatewayDispatchEvents.MessageDelete,
    guildId: channel.guildId,
    intent: messageIntent(channel),
    channel,
    data: () => ({ id: message.id, ...place }),
  });
}

export function announce(state: State, message: Message, name: GatewayDispatchEvents): void {
  const channel = known(state.channels, message.channelId);
  const member = channel.guildId && state.guilds.get(channel.guildId)?.members.get(message.author.id);
  const roles = member ? { member: { roles: member.roles, deaf: false, mute: false, flags: 0, joined_at: null } } : {};
  state.dispatch({
    name,
    guildId: channel.guildId,
    intent: messageIntent(channel),
    channel,
    data: ({ readsContent }) => ({
      ...messageWire(state, message, readsContent),
      ...roles,
      ...(channel.guildId && { guild_id: channel.guildId }),
    }),
  });
}

function messageIntent(channel: Channel): number {
  return channel.guildId === null ? GatewayIntentBits.DirectMessages : GatewayIntentBits.GuildMessages;
}

function blankMessage(state: State, channel: Channel, author: User, more: Partial<Message>): Message {
  return {
    id: state.nextId(),
    channelId: channel.id,
    author,
    type: MessageType.Default,
    content: '',
    embeds: [],
    components: [],
    attachments: [],
    flags: 0,
    nonce: null,
    mentions: [],
    mentionsEveryone: false,
    reference: null,
    createdAt: state.now(),
    editedAt: null,
    pinned: false,
    onlyFor: null,
    interaction: null,
    ...more,
  };
}

function keep(state: State, channel: Channel, message: Message): void {
  channel.messages.push(message);
  state.messages.set(message.id, message);
  if (message.onlyFor === null) announce(state, message, GatewayDispatchEvents.MessageCreate);
}

function refer(
  state: State,
  message: Message,
  to: NonNullable<MessageForm['message_reference']>,
  channel: Channel,
): void {
  const target = state.messages.get(to.message_id);
  if (target?.channelId === channel.id) {
    message.type = MessageType.Reply;
    message.reference = { channelId: channel.id, messageId: target.id };
  } else if (to.fail_if_not_exists !== false) {
    throw invalidField(['message_reference'], 'REPLIES_UNKNOWN_MESSAGE', 'Unknown message');
  }
}

/** Puts what the form says into the message, which nobody sees if this throws. */
function fill(state: State, message: Message, form: MessageForm, files: readonly UploadedFile[]): void {
  const isV2 = Boolean(message.flags & MessageFlags.IsComponentsV2);
  if (form.content !== undefined) message.content = (form.content ?? '').trim();
  if (form.embeds !== undefined) {
    checkEmbeds(form.embeds ?? []);
    message.embeds = (form.embeds ?? []).map((each) => ({ ...each, type: 'rich' })) as APIEmbed[];
  }
  if (form.components !== undefined) {
    checkComponents(form.components ?? [], isV2);
    checkSales(form.components ?? [], state.premium.skus);
    message.components = numbered(form.components ?? []);
  }
  if (form.attachments || files.length > 0) message.attachments = attachmentsOf(state, message, form, files);
  if (isV2 && (message.content || message.embeds.length > 0)) {
    const problem = 'The "content" and "embeds" fields cannot be used with MessageFlags.IS_COMPONENTS_V2';
    throw invalidField(
      [message.content ? 'content' : 'embeds'],
      'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2',
      problem,
    );
  }
  if (message.flags & MessageFlags.IsVoiceMessage) checkVoice(message);
  const { content, embeds, attachments, components } = message;
  if (!content && embeds.length + attachments.length + (isV2 ? components.length : 0) === 0) {
    throw new Refusal('emptyMessage');
  }
  if (form.content !== undefined || form.allowed_mentions !== undefined) mention(state, message, form);
}

/** Those to keep, by their ids, and those that were uploaded; without a list, all. */
function attachmentsOf(
  state: State,
  message: Message,
  form: MessageForm,
  files: readonly UploadedFile[],
): APIAttachment[] {
  const listed = form.attachments ?? null;
  const kept = message.attachments.filter(({ id }) => !listed || listed.some((each) => String(each.id) === id));
  return [...kept, ...files.map((file) => storeFile(state, message.channelId, file, metadataOf(listed, file)))];
}

function metadataOf(listed: readonly AttachmentForm[] | null, file: UploadedFile): AttachmentForm | undefined {
  return listed?.find(({ id }) => String(id) === String(file.index));
}

/** Makes a file an attachment with an URL; throws 40005 when it is too large. */
export function storeFile(state: State, channelId: string, file: StoredFile, metadata?: AttachmentForm): APIAttachment {
  if (file.bytes.byteLength > MAX_FILE_BYTES) throw new Refusal('tooLarge');
  const id = state.nextId();
  const filename = metadata?.filename ?? file.name;
  const path = `/attachments/${channelId}/${id}/${encodeURIComponent(filename)}`;
  state.files.set(path, file);
  return {
    id,
    filename,
    size: file.bytes.byteLength,
    url: `${state.url}${path}`,
    proxy_url: `${state.url}${path}`,
    content_type: file.type,
    ...(metadata?.description && { description: metadata.description }),
    ...(metadata?.duration_secs !== undefined && { duration_secs: metadata.duration_secs }),
    ...(metadata?.waveform !== undefined && { waveform: metadata.waveform }),
  };
}

function checkVoice({ content, embeds, components, attachments }: Message): void {
  if (content || embeds.length + components.length > 0) throw new Refusal('voiceHasMore');
  const [file] = attachments;
  if (attachments.length !== 1 || !file?.content_type?.startsWith('audio/')) throw new Refusal('voiceNeedsOneFile');
  if (file.duration_secs === undefined || !file.waveform) throw new Refusal('voiceNeedsMetadata');
}

/** Whom the message pings: everybody in its text, as far as it is allowed. */
function mention(state: State, message: Message, { allowed_mentions: allowed }: MessageForm): void {
  const named = [...message.content.matchAll(/<@!?(\d+)>/g)].map(([, id]) => id ?? '');
  const mayPing = (id: string) => !allowed || allowed.parse?.includes('users') || allowed.users?.includes(id);
  message.mentions = [...new Set(named)].filter((id) => state.users.has(id) && mayPing(id));
  const answered = message.reference && state.messages.get(message.reference.messageId)?.author.id;
  if (answered && (!allowed || allowed.replied_user)) message.mentions.push(answered);
  message.mentionsEveryone =
    /@(everyone|here)\b/.test(message.content) && (!allowed || Boolean(allowed.parse?.includes('everyone')));
}
