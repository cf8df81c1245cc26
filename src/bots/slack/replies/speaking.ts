import type { FilesInfoResponse } from '@slack/web-api';
import type { SendResult, Utterance } from '../../../core/ports.ts';
import { oneLine } from '../../lines.ts';
import { cut } from '../../split.ts';
import type { Words } from '../../words.ts';
import { isRefusal, reasonOf, saysNo } from '../failures.ts';
import { escaped } from './escape.ts';
import type { Place } from './places.ts';
import { beginningOf, readThread } from './reading.ts';

/** What can be listened to, as a file in the lesson's thread. */

export interface Speaking {
  words: Words;
  now(): number;
  pause(ms: number): Promise<unknown>;
}

const LINE = 150;

/** The workspace takes no such files: nobody will hear anything there. */
const NOT_TAKEN = [
  ...['file_uploads_disabled', 'file_uploads_except_images_disabled', 'file_type_not_allowed'],
  'file_upload_size_restricted',
];
/** Of the file that was just made ready: another attempt makes another one. */
const NOT_READY = ['file_not_found', 'file_update_failed'];

/**
 * Safe to call twice with one utterance that may be shown: its file is named by the key, and looked for in the thread.
 * Slack is not given the transcript as the file's description: of sound with one it says that it is there, and shows it
 * to nobody. Rejects with what Slack says.
 */
export async function speakIn(speaking: Speaking, place: Place, utterance: Utterance): Promise<SendResult> {
  const name = `${utterance.key}.ogg`;
  const oldest = beginningOf({ draft: null, posted: [] }, speaking.now());
  const there = utterance.mayBeShown ? (await readThread(place, oldest)).withFile(name) : null;
  if (there !== null) return { ok: true, platformMessageIds: [there] };
  try {
    return await shown(speaking, place, await share(speaking, place, utterance, name));
  } catch (error) {
    if (isRefusal(error, ...NOT_TAKEN)) return { ok: false, reason: 'gone', detail: reasonOf(error) };
    if (isRefusal(error, ...NOT_READY)) return { ok: false, reason: 'retry', detail: reasonOf(error) };
    throw error;
  }
}

/** Resolves with the file's id. */
async function share({ words }: Speaking, place: Place, utterance: Utterance, name: string): Promise<string> {
  const id = await upload(place, utterance.audio, name);
  const { title, line } = captionOf(utterance, words);
  await place.client.files.completeUploadExternal({
    ...{ files: [{ id, title }], initial_comment: line },
    ...{ channel_id: place.channel, thread_ts: place.root },
  });
  return id;
}

async function upload({ client }: Place, audio: Buffer, filename: string): Promise<string> {
  const { upload_url: url, file_id: id } = await client.files.getUploadURLExternal({ filename, length: audio.length });
  if (!url || !id) throw new Error('Slack did not say where to upload a file');
  const { ok, status } = await fetch(url, {
    ...{ method: 'POST', body: new Uint8Array(audio), redirect: 'error' },
    signal: AbortSignal.timeout(UPLOAD_MS),
  });
  if (!ok) throw new Error(`Slack did not take the bytes of a file: ${status}`);
  return id;
}

/** A minute of speech has some 240 KB. */
const UPLOAD_MS = 20_000;
/** Slack puts a file into its thread after it has answered: what follows must not come before it. */
const PAUSES_MS = [0, 300, 1_000, 2_000, 4_000];

/** Once it is in the thread. Slack may have said yes and not show it: then it has to be looked for, and sent again. */
async function shown({ pause }: Speaking, { client, channel, log }: Place, file: string): Promise<SendResult> {
  for (const pauseMs of PAUSES_MS) {
    await pause(pauseMs);
    try {
      const ts = shareIn(await client.files.info({ file }), channel);
      if (ts !== null) return { ok: true, platformMessageIds: [ts] };
    } catch (error) {
      log.debug({ reason: reasonOf(error) }, 'Slack did not tell whether a file is in its thread');
      // It cannot be told: Slack has said yes, and that has to do.
      if (saysNo(error)) return { ok: true, platformMessageIds: [file] };
    }
  }
  return { ok: false, reason: 'retry', detail: 'Slack has taken a file, and does not show it yet' };
}

function shareIn({ file }: FilesInfoResponse, channel: string): string | null {
  const { public: open, private: closed } = file?.shares ?? {};
  const [share] = (open?.[channel] ?? closed?.[channel] ?? []) as { ts?: string }[];
  return share?.ts ?? null;
}

/** What is said stands above: its beginning tells which message it is. */
function captionOf({ part, of, transcript, locale }: Utterance, words: Words): { title: string; line: string } {
  const translate = words.for(locale);
  const place = of > 1 ? translate('voice.part', { part: part + 1, of }) : translate('buttons.listen');
  return { title: `🔊 ${place}`, line: escaped(`🔊 ${of > 1 ? `${place} · ` : ''}${cut(oneLine(transcript), LINE)}`) };
}
