import type { WebClient } from '@slack/web-api';
import { type Attachment, downloadFile, type Enclosed, MAX_FILES, readAttachments } from '../../attachments.ts';
import type { Translate } from '../../words.ts';
import type { Bot, Installation } from '../bot.ts';
import { saysNo } from '../failures.ts';

/** Files that come with what people write on Slack: only the tutor's token opens them. */

/** As Slack tells of it, as far as it does. */
export interface SlackFile {
  id?: string | undefined;
  name?: string | null | undefined;
  title?: string | null | undefined;
  mimetype?: string | undefined;
  size?: number | undefined;
  /** "slack_audio" for what was recorded in Slack itself. */
  subtype?: string | undefined;
  duration_ms?: number | undefined;
  /** Such as "external", and "tombstone" for what is no longer there. */
  mode?: string | undefined;
  is_external?: boolean | undefined;
  /** "check_file_info": of another workspace, so that its particulars have to be asked for. */
  file_access?: string | undefined;
  url_private?: string | undefined;
  url_private_download?: string | undefined;
  thumb_1024?: string | undefined;
  thumb_720?: string | undefined;
}

export async function readFiles(
  bot: Pick<Bot, 'clients' | 'hears'>,
  installation: Pick<Installation, 'id'>,
  files: readonly SlackFile[],
  words: Translate,
): Promise<Enclosed> {
  if (files.length === 0) return { texts: [], pictures: [], recordings: [], refusals: [] };
  const client = await bot.clients.of(installation.id);
  const attachments: Attachment[] = [];
  for (const [index, file] of files.entries()) {
    attachments.push(attachmentOf(index < MAX_FILES ? await particulars(client, file) : file));
  }
  const types = new Map(attachments.map(({ url, type }) => [url, type]));
  return readAttachments(attachments, {
    words,
    picturesInline: true,
    hears: bot.hears,
    async download(url, mostBytes) {
      const bytes = await downloadOf(client, url, mostBytes);
      if (isSignIn(bytes, types.get(url) ?? '')) throw new Error('the tutor may not read this file');
      return bytes;
    },
  });
}

async function particulars(client: WebClient, file: SlackFile): Promise<SlackFile> {
  if (file.file_access !== 'check_file_info' || !file.id) return file;
  try {
    const { file: known } = await client.files.info({ file: file.id });
    return known ?? file;
  } catch (error) {
    if (!saysNo(error)) throw error;
    return { ...file, mode: 'tombstone' };
  }
}

const ELSEWHERE = ['external', 'tombstone', 'hidden_by_limit', 'file_access_denied'];

/** Pictures in a size that a model looks at anyway, and that can be kept with the message. */
export function attachmentOf(file: SlackFile): Attachment {
  const { mimetype: type = '', size = 0, mode = '', is_external: isExternal = false } = file;
  const name = file.name || file.title || 'file';
  const original = file.url_private_download ?? file.url_private ?? '';
  if (isExternal || ELSEWHERE.includes(mode) || original === '') return { name, type: '', size: 0, url: '' };
  const isSound = type.startsWith('audio/') || file.subtype === 'slack_audio';
  if (isSound) return { ...soundOf(file, type), name, size, url: original };
  const thumbnail = type.startsWith('image/') ? (file.thumb_1024 ?? file.thumb_720) : undefined;
  if (!thumbnail) return { name, type, size, url: original };
  // How large it is Slack does not say: it is read up to what can be kept.
  return { name, type: typeOfThumbnail(thumbnail) ?? type, size: 0, url: thumbnail };
}

/** What is recorded in Slack itself may come as a film without pictures. */
function soundOf({ duration_ms: ms }: SlackFile, type: string): Pick<Attachment, 'type' | 'seconds'> {
  return { type: type.startsWith('audio/') ? type : 'audio/mp4', ...(ms !== undefined && { seconds: ms / 1000 }) };
}

const THUMBNAILS: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
};

/** Slack turns what few can show into what all can. */
function typeOfThumbnail(url: string): string | null {
  const ending = /\.(\w+)(?:[?#]|$)/.exec(url)?.[1]?.toLowerCase() ?? '';
  return THUMBNAILS[ending] ?? null;
}

/** The token goes to Slack alone, wherever a file says that it is. */
async function downloadOf({ token, slackApiUrl }: WebClient, url: string, mostBytes: number): Promise<Buffer> {
  if (!isOfSlack(url, slackApiUrl)) throw new Error('a file that Slack does not keep');
  return downloadFile(url, mostBytes, { authorization: `Bearer ${token}` });
}

/** Also where another address stands in for Slack's. */
export function isOfSlack(url: string, apiUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, host, origin } = new URL(url);
  return origin === new URL(apiUrl).origin || (protocol === 'https:' && host.endsWith('.slack.com'));
}

/** Without the right to read files Slack shows the page on which people sign in, instead of saying no. */
function isSignIn(bytes: Buffer, type: string): boolean {
  return !type.includes('html') && /^\s*<!doctype html/i.test(bytes.subarray(0, 200).toString());
}
