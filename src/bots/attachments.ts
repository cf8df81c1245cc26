import type { Picture, Recording } from '../core/messages.ts';
import { cleanInput } from '../core/text.ts';
import { opusSeconds } from './sounds.ts';
import type { Translate } from './words.ts';

/**
 * What comes with a message: texts are read, pictures and recordings are handed on, and anything else is declined in
 * words.
 */

export interface Enclosed {
  /** Each file in a fence with its name, so that its code stays code. */
  texts: string[];
  pictures: Picture[];
  recordings: Recording[];
  /** A sentence for each that could not be read, and one for those that were too many. */
  refusals: string[];
}

export interface Attachment {
  name: string;
  /** Such as "image/png"; '' where it is not known. */
  type: string;
  /** In bytes. */
  size: number;
  /** Of a recording, where the platform says how long it is. */
  seconds?: number | undefined;
  url: string;
}

export type Download = (url: string, mostBytes: number) => Promise<Buffer>;

export interface Reading {
  words: Translate;
  download: Download;
  /** Only we may fetch pictures, so that they are handed on as they are, and not by their address. */
  picturesInline?: boolean;
  /** Somebody listens to recordings. */
  hears?: boolean | undefined;
}

/** Of one message; what is beyond is left out. */
export const MAX_FILES = 4;
/** More than the core takes of one message would be refused there anyway. */
const MAX_TEXT_BYTES = 7_000;
const MAX_PICTURE_BYTES = 8 * 1024 * 1024;
/** Of one that is kept with the message. */
const MAX_INLINE_BYTES = 1024 * 1024;
/** A voice of five minutes, as phones record it. */
const MAX_RECORDING_BYTES = 4 * 1024 * 1024;
const MAX_RECORDING_SECONDS = 300;
const PICTURES = /^image\/(?:png|jpeg|gif|webp)$/;
const RECORDINGS = /^audio\//;
const TEXTS = /^(?:text\/|application\/(?:json|xml|javascript|x-(?:sh|python|yaml)|toml|sql))/;
const TEXT_NAMES =
  /\.(?:txt|md|csv|json|ya?ml|toml|xml|html?|css|[cm]?[jt]sx?|py|rb|rs|go|java|kt|swift|c|h|cc|cpp|hpp|cs|php|sql|sh|r|tex|ipynb)$/i;

type Kind = 'text' | 'picture' | 'recording';

export async function readAttachments(attachments: readonly Attachment[], reading: Reading): Promise<Enclosed> {
  const enclosed: Enclosed = { texts: [], pictures: [], recordings: [], refusals: [] };
  for (const attachment of attachments.slice(0, MAX_FILES)) {
    const kind = kindOf(attachment);
    const refusal = kind
      ? (refusalOf(attachment, kind, reading) ?? (await read(attachment, kind, reading, enclosed)))
      : reading.words('errors.unreadable', { name: attachment.name });
    if (refusal !== null) enclosed.refusals.push(refusal);
  }
  if (attachments.length > MAX_FILES) enclosed.refusals.push(reading.words('errors.tooMany', { limit: MAX_FILES }));
  return enclosed;
}

function kindOf({ name, type }: Attachment): Kind | null {
  if (PICTURES.test(type)) return 'picture';
  if (RECORDINGS.test(type)) return 'recording';
  return TEXTS.test(type) || TEXT_NAMES.test(name) ? 'text' : null;
}

/** Why it is not even looked at; null: it is. */
function refusalOf({ name, size, seconds = 0 }: Attachment, kind: Kind, reading: Reading): string | null {
  const { words, hears } = reading;
  if (kind === 'recording' && !hears) return words('errors.cannotListen');
  if (kind === 'recording' && seconds > MAX_RECORDING_SECONDS) return tooLong(words);
  const limit = limitOf(kind, reading);
  return size > limit ? words('errors.tooLarge', { name, limit: inKilobytes(limit) }) : null;
}

function tooLong(words: Translate): string {
  return words('errors.tooLongToHear', { minutes: MAX_RECORDING_SECONDS / 60 });
}

function limitOf(kind: Kind, { picturesInline }: Reading): number {
  if (kind === 'recording') return MAX_RECORDING_BYTES;
  if (kind === 'text') return MAX_TEXT_BYTES;
  return picturesInline ? MAX_INLINE_BYTES : MAX_PICTURE_BYTES;
}

/** Null; or why it could not be had. */
async function read(
  { name, type, url, seconds = 0 }: Attachment,
  kind: Kind,
  reading: Reading,
  { texts, pictures, recordings }: Enclosed,
): Promise<string | null> {
  if (kind === 'picture' && !reading.picturesInline) {
    pictures.push({ url, type, name });
    return null;
  }
  const bytes = await reading.download(url, limitOf(kind, reading)).catch(() => null);
  if (!bytes) {
    const { words } = reading;
    return kind === 'recording' ? words('errors.notFetched') : words('errors.unreadable', { name });
  }
  const base64 = () => bytes.toString('base64');
  const length = kind === 'recording' ? Math.max(seconds, opusSeconds(bytes) ?? 0) : 0;
  if (length > MAX_RECORDING_SECONDS) return tooLong(reading.words);
  if (kind === 'recording') recordings.push({ name, type, seconds: length || null, audio: base64() });
  else if (kind === 'picture') pictures.push({ url: `data:${type};base64,${base64()}`, type, name });
  else texts.push(fenced(name, bytes));
  return null;
}

function fenced(name: string, bytes: Buffer): string {
  const text = cleanInput(bytes.toString());
  const marks = '`'.repeat(Math.max(3, ...(text.match(/`+/g) ?? []).map((run) => run.length + 1)));
  return `${name}:\n${marks}\n${text}\n${marks}`;
}

function inKilobytes(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.floor(bytes / 1000)} KB` : `${Math.floor(bytes / 1024 / 1024)} MB`;
}

/** Throws when it takes too long, leads elsewhere, or is larger than it was said to be. */
export async function downloadFile(
  url: string,
  mostBytes: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000), redirect: 'error', headers });
  if (!response.ok || !response.body) throw new Error(`a file could not be read: ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new Error('a file is larger than it was said to be');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
