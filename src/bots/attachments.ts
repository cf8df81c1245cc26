import type { Picture } from '../core/messages.ts';
import { cleanInput } from '../core/text.ts';
import type { Translate } from './words.ts';

/** What comes with a message: texts are read, pictures are handed on, and anything else is declined in words. */

export interface Enclosed {
  /** Each file in a fence with its name, so that its code stays code. */
  texts: string[];
  pictures: Picture[];
  /** A sentence for each that could not be read, and one for those that were too many. */
  refusals: string[];
}

export interface Attachment {
  name: string;
  /** Such as "image/png"; '' where it is not known. */
  type: string;
  /** In bytes. */
  size: number;
  url: string;
}

export type Download = (url: string, mostBytes: number) => Promise<Buffer>;

export interface Reading {
  words: Translate;
  download: Download;
  /** Only we may fetch pictures, so that they are handed on as they are, and not by their address. */
  picturesInline?: boolean;
}

/** Of one message; what is beyond is left out. */
export const MAX_FILES = 4;
/** More than the core takes of one message would be refused there anyway. */
const MAX_TEXT_BYTES = 7_000;
const MAX_PICTURE_BYTES = 8 * 1024 * 1024;
/** Of one that is kept with the message. */
const MAX_INLINE_BYTES = 1024 * 1024;
const PICTURES = /^image\/(?:png|jpeg|gif|webp)$/;
const TEXTS = /^(?:text\/|application\/(?:json|xml|javascript|x-(?:sh|python|yaml)|toml|sql))/;
const TEXT_NAMES =
  /\.(?:txt|md|csv|json|ya?ml|toml|xml|html?|css|[cm]?[jt]sx?|py|rb|rs|go|java|kt|swift|c|h|cc|cpp|hpp|cs|php|sql|sh|r|tex|ipynb)$/i;

export async function readAttachments(attachments: readonly Attachment[], reading: Reading): Promise<Enclosed> {
  const { words } = reading;
  const enclosed: Enclosed = { texts: [], pictures: [], refusals: [] };
  for (const attachment of attachments.slice(0, MAX_FILES)) {
    const { name, type, size } = attachment;
    const isPicture = PICTURES.test(type);
    const isText = TEXTS.test(type) || TEXT_NAMES.test(name);
    const limit = limitOf(isPicture, reading);
    if (!isPicture && !isText) enclosed.refusals.push(words('errors.unreadable', { name }));
    else if (size > limit) enclosed.refusals.push(words('errors.tooLarge', { name, limit: inKilobytes(limit) }));
    else if (!(await read(attachment, isPicture, reading, enclosed))) {
      enclosed.refusals.push(words('errors.unreadable', { name }));
    }
  }
  if (attachments.length > MAX_FILES) enclosed.refusals.push(words('errors.tooMany', { limit: MAX_FILES }));
  return enclosed;
}

function limitOf(isPicture: boolean, { picturesInline }: Reading): number {
  if (!isPicture) return MAX_TEXT_BYTES;
  return picturesInline ? MAX_INLINE_BYTES : MAX_PICTURE_BYTES;
}

/** False: it cannot be had. */
async function read(
  { name, type, url }: Attachment,
  isPicture: boolean,
  reading: Reading,
  { texts, pictures }: Enclosed,
): Promise<boolean> {
  if (isPicture && !reading.picturesInline) {
    pictures.push({ url, type, name });
    return true;
  }
  const bytes = await reading.download(url, limitOf(isPicture, reading)).catch(() => null);
  if (!bytes) return false;
  if (isPicture) pictures.push({ url: `data:${type};base64,${bytes.toString('base64')}`, type, name });
  else texts.push(fenced(name, bytes));
  return true;
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
