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
      return { file: fileWire(call.state, file), comments: [] };
    },
  },
  'files.getUploadURLExternal': {
    ...{ tier: 't4', auth: 'bot', scope: 'files:write', required: ['filename', 'length'] },
    handle(call) {
      const length = Number(textOf(call, 'length'));
      if (!Number.isInteger(length) || length < 1) throw complaint('invalid_arguments', ['must be a number: length']);
      if (textOf(call, 'alt_txt').length > MAX_ALT_TEXT) throw complaint('invalid_arguments', ['alt_txt']);
      const { botUser } = call.installation;
      const file = addFile(call.state, botUser, { name: textOf(call, 'filename'), length });
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
}

/** With bytes it is complete at once, as when a person attaches it. */
export function addFile(state: State, user: User, { name, mimetype, bytes, length }: NewFile): StoredFile {
  const file: StoredFile = {
    ...{ id: state.ids.next('F'), name, title: name, mimetype: mimetype ?? 'application/octet-stream' },
    ...{ bytes: bytes ?? new Uint8Array(), length: length ?? bytes?.byteLength ?? 0 },
    ...{ userId: user.id, teamId: user.teamId, channelIds: [], deleted: false, createdAt: state.now() },
    stage: bytes ? 'complete' : 'announced',
  };
  state.files.set(file.id, file);
  return file;
}

function complete(call: Call): Json {
  const { state, installation } = call;
  const files = filesToComplete(call);
  const toChannel = textOf(call, 'channel_id') !== '';
  if (toChannel) {
    const channel = ownChannel(call, 'channel_id');
    if (channel.archived) throw new Refusal('is_archived');
    const root = rootOf(call, channel);
    const [text, blocks] = [textOf(call, 'initial_comment'), blocksOf(call) ?? []];
    recordCalls(call, { text, blocks });
    for (const { file } of files) file.channelIds.push(channel.id);
    postMessage(state, channel, installation.botUser, {
      ...{ text, blocks, threadTs: root?.ts ?? null, subtype: 'file_share', botId: installation.botId },
      files: files.map(({ file }) => file.id),
    });
  }
  for (const { file, title } of files) Object.assign(file, { stage: 'complete', title });
  return { files: files.map(({ file }) => fileWire(state, file)) };
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
