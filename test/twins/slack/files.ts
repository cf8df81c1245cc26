/** Files: what people attach, what the app uploads, and the bytes behind their URLs. */
import { type Call, jsonOf, type Methods, ownChannel, rootOf, textOf } from './calls.ts';
import { blocksOf, isObject, recordCalls } from './drafts.ts';
import { type Installation, seesChannel, type Token } from './installations.ts';
import { postMessage } from './messages.ts';
import { complaint, Refusal } from './refusals.ts';
import type { Answer, Json, State, StoredFile, User } from './state.ts';
import { fileWire } from './wire.ts';

const MAX_ALT_TEXT = 1_000;

export const fileMethods: Methods = {
  'files.info': {
    ...{ tier: 't4', auth: 'bot', scope: 'files:read', required: ['file'] },
    handle(call) {
      const file = call.state.files.get(textOf(call, 'file'));
      if (file?.stage !== 'complete' || !maySee(call.state, call.installation, file)) {
        throw new Refusal('file_not_found');
      }
      if (file.deleted) throw new Refusal('file_deleted');
      return { file: { ...fileWire(call.state, file), shares: sharesWire(call.state, file) }, comments: [] };
    },
  },
  'files.getUploadURLExternal': {
    ...{ tier: 't4', auth: 'bot', scope: 'files:write', required: ['filename', 'length'] },
    handle(call) {
      const length = Number(textOf(call, 'length'));
      if (!Number.isInteger(length) || length < 1) throw complaint('invalid_arguments', ['must be a number: length']);
      if (textOf(call, 'alt_txt').length > MAX_ALT_TEXT) throw complaint('invalid_arguments', ['alt_txt']);
      const { botUser } = call.installation;
      const file = addFile(call.state, botUser, {
        ...{ name: textOf(call, 'filename'), length, altText: textOf(call, 'alt_txt') },
      });
      return { upload_url: `${call.state.url}/upload/v1/${file.id}`, file_id: file.id };
    },
  },
  'files.completeUploadExternal': {
    ...{ tier: 't4', auth: 'bot', scope: 'files:write', required: ['files'] },
    handle: complete,
  },
};

interface NewFile {
  name: string;
  mimetype?: string;
  bytes?: Uint8Array;
  length?: number;
  altText?: string;
}

/** Slack looks at the name, whatever else it looks at. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ json: 'application/json', txt: 'text/plain', ogg: 'audio/ogg' },
  ...{ png: 'image/png', jpg: 'image/jpeg' },
};

/** With bytes it is complete at once, as when a person attaches it. */
export function addFile(
  state: State,
  user: User,
  { name, mimetype, bytes, length, altText = '' }: NewFile,
): StoredFile {
  const file: StoredFile = {
    ...{ id: state.ids.next('F'), name, title: name, altText, shares: [] },
    mimetype: mimetype ?? TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream',
    ...{ bytes: bytes ?? new Uint8Array(), length: length ?? bytes?.byteLength ?? 0 },
    ...{ userId: user.id, teamId: user.teamId, channelIds: [], deleted: false, createdAt: state.now() },
    stage: bytes ? 'complete' : 'announced',
  };
  state.files.set(file.id, file);
  return file;
}

function complete(call: Call): Json {
  const { state } = call;
  const files = filesToComplete(call);
  if (textOf(call, 'channel_id') !== '') share(call, files.map(({ file }) => file).filter(isShown));
  for (const { file, title } of files) Object.assign(file, { stage: 'complete', title });
  return { files: files.map(({ file }) => fileWire(state, file)) };
}

/** As slackapi/python-slack-sdk#1818 has it: of what is no picture and has a description, Slack says yes and shows it nowhere. */
function isShown({ altText, mimetype }: StoredFile): boolean {
  return altText === '' || mimetype.startsWith('image/');
}

function share(call: Call, files: readonly StoredFile[]): void {
  const { state, installation } = call;
  const channel = ownChannel(call, 'channel_id');
  if (channel.archived) throw new Refusal('is_archived');
  const threadTs = rootOf(call, channel)?.ts ?? null;
  const [text, blocks] = [textOf(call, 'initial_comment'), blocksOf(call) ?? []];
  recordCalls(call, { text, blocks });
  if (files.length === 0) return;
  const { ts } = postMessage(state, channel, installation.botUser, {
    ...{ text, blocks, threadTs, subtype: 'file_share', botId: installation.botId },
    files: files.map(({ id }) => id),
  });
  for (const file of files) {
    file.channelIds.push(channel.id);
    file.shares.push({ channelId: channel.id, ts, threadTs });
  }
}

/** By the kind of channel, and then by channel: the messages that it is in. */
function sharesWire(state: State, { shares }: StoredFile): Json {
  const wire = { public: {} as Record<string, Json[]>, private: {} as Record<string, Json[]> };
  for (const { channelId, ts, threadTs } of shares) {
    const isOpen = state.channels.get(channelId)?.kind === 'public';
    const shared = wire[isOpen ? 'public' : 'private'];
    shared[channelId] = [...(shared[channelId] ?? []), { ts, ...(threadTs && { thread_ts: threadTs }) }];
  }
  return wire;
}

function filesToComplete(call: Call): { file: StoredFile; title: string }[] {
  const listed = jsonOf(call, 'files', 'invalid_arguments');
  if (!Array.isArray(listed) || listed.length === 0) throw complaint('invalid_arguments', ['must be an array: files']);
  return listed.map((each) => {
    const file = isObject(each) ? call.state.files.get(String(each.id)) : undefined;
    if (!file || file.userId !== call.installation.botUser.id) throw new Refusal('file_not_found');
    if (file.stage !== 'uploaded') throw new Refusal('file_update_failed');
    return { file, title: isObject(each) && typeof each.title === 'string' ? each.title : file.name };
  });
}

/** Bytes for an upload URL, which needs no token; they have to be as many as were promised. */
export function upload(state: State, fileId: string, bytes: Uint8Array): Answer {
  const file = state.files.get(fileId);
  if (file?.stage !== 'announced') return { status: 404 };
  if (bytes.byteLength !== file.length) return { status: 400, body: 'size mismatch' };
  Object.assign(file, { bytes, stage: 'uploaded' });
  return { status: 200, body: `OK - ${bytes.byteLength}` };
}

/** Behind `url_private`: bytes for a bot's token, and for anybody else the way to a page for signing in. */
export function download(state: State, path: string, token: Token | null): Answer & { bytes?: Uint8Array } {
  const id = /^\/files\/[A-Z0-9]+-(F[A-Z0-9]+)\//.exec(path)?.[1] ?? '';
  const file = state.files.get(id);
  const installation = token?.installation;
  const mayRead = installation?.scopes.has('files:read') && file && maySee(state, installation, file);
  if (!mayRead) return { status: 302, headers: { location: `${state.url}/signin?redir=${encodeURIComponent(path)}` } };
  if (file.deleted || file.stage !== 'complete') return { status: 404 };
  return { status: 200, headers: { 'content-type': file.mimetype }, bytes: file.bytes };
}

function maySee(state: State, installation: Installation, { userId, channelIds }: StoredFile): boolean {
  if (userId === installation.botUser.id) return true;
  return channelIds.some((id) => {
    const channel = state.channels.get(id);
    return channel !== undefined && seesChannel(state, installation, channel);
  });
}
