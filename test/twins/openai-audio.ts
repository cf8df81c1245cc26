/** The twin's ears: what the real server says to a recording. A test says what is said in which. */
import { createHash } from 'node:crypto';

export interface HeardRequest {
  model: string;
  language: string | null;
  fileName: string;
  /** By its first bytes. */
  format: string;
  bytes: number;
  key: string;
}

export interface HeardAnswer {
  text?: string;
  /** Anything but 200 is answered with `errorBody`, or with one made for the status. */
  status?: number;
  headers?: Record<string, string>;
  errorBody?: object;
  /** Awaited before anything is said. */
  gate?: () => Promise<unknown>;
  /** Says half of it, and then nothing until the client goes away. */
  stall?: boolean;
}

export interface Ears {
  requests: HeardRequest[];
  answers: Map<string, () => HeardAnswer>;
}

export const soundKey = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const FIELDS = ['file', 'model', 'language', 'response_format', 'prompt', 'temperature'];
const MODELS = /^(?:whisper-1|gpt-4o(?:-mini)?-transcribe)$/;
const MAX_BYTES = 25 * 1024 * 1024;
const ENDINGS: Record<string, readonly string[]> = {
  ogg: ['ogg', 'oga'],
  webm: ['webm'],
  wav: ['wav'],
  flac: ['flac'],
  mp3: ['mp3', 'mpeg', 'mpga'],
  mp4: ['mp4', 'm4a'],
};
const AUDIO_TOKENS_PER_SECOND = 10;

/** The real one has these words for it. */
const INVALID = 'Audio file might be corrupted or unsupported';
const BAD_FORMAT =
  "Invalid file format. Supported formats: ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', 'ogg', 'wav', 'webm']";

export type Verdict =
  | { status: number; message: string; isComplaint: boolean }
  | { status: 200; request: HeardRequest; answer: HeardAnswer; seconds: number };

/** Reads a form, and checks it as the real server does. */
export async function hear(ears: Ears, raw: Buffer, contentType: string, key: string): Promise<Verdict> {
  const complain = (message: string, status = 400): Verdict => ({ status, message, isComplaint: true });
  if (!contentType.startsWith('multipart/form-data')) return complain('the body is no multipart form');
  const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': contentType } }).formData();
  const unknown = [...form.keys()].find((name) => !FIELDS.includes(name));
  if (unknown) return complain(`Unknown parameter: '${unknown}'.`);
  const [file, model, language] = [form.get('file'), String(form.get('model') ?? ''), form.get('language')];
  if (!(file instanceof File)) return complain('there is no file');
  if (!model) return complain('you must provide a model');
  if (!MODELS.test(model)) return { status: 404, message: `The model '${model}' does not exist`, isComplaint: false };
  if (language !== null && !/^[a-z]{2}$/.test(String(language)))
    return complain(`Language '${language}' is no ISO-639-1`);
  if (form.get('response_format') !== 'json') return complain('this twin answers in JSON only');
  const bytes = Buffer.from(await file.arrayBuffer());
  if (bytes.length > MAX_BYTES) return complain('Maximum content size limit exceeded', 413);
  const ending = file.name.split('.').at(-1) ?? '';
  if (!Object.values(ENDINGS).flat().includes(ending)) return complain(BAD_FORMAT);
  const format = formatOf(bytes);
  if (!format || !ENDINGS[format]?.includes(ending)) return { status: 400, message: INVALID, isComplaint: false };
  const request = {
    model,
    language: language && String(language),
    fileName: file.name,
    format,
    bytes: bytes.length,
    key,
  };
  ears.requests.push(request);
  const answer = ears.answers.get(soundKey(bytes))?.();
  if (!answer) return complain('the test did not say what is said in this recording', 500);
  return { status: 200, request, answer, seconds: secondsOf(bytes, format) };
}

/** By its first bytes, as the real server looks at it too. */
function formatOf(bytes: Buffer): string | null {
  const at = (from: number, to: number) => bytes.subarray(from, to).toString('latin1');
  if (at(0, 4) === 'OggS') return at(28, 36) === 'OpusHead' ? 'ogg' : null;
  if (at(0, 4) === 'RIFF' && at(8, 12) === 'WAVE') return 'wav';
  if (at(0, 4) === 'fLaC') return 'flac';
  if (at(4, 8) === 'ftyp') return 'mp4';
  if (at(0, 4) === '\x1a\x45\xdf\xa3') return 'webm';
  if (at(0, 3) === 'ID3' || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe0) === 0xe0)) return 'mp3';
  return null;
}

/** Of Ogg Opus, from the position of its last page; a second for anything else. */
function secondsOf(bytes: Buffer, format: string): number {
  const last = bytes.lastIndexOf('OggS');
  return format === 'ogg' ? Number(bytes.readBigInt64LE(last + 6)) / 48_000 : 1;
}

/** As the model bills it. */
export function heardBody({ model }: HeardRequest, text: string, seconds: number): object {
  if (model === 'whisper-1') return { text, usage: { type: 'duration', seconds: Math.ceil(seconds) } };
  const audio = Math.ceil(seconds * AUDIO_TOKENS_PER_SECOND);
  const output = Math.ceil(text.length / 4);
  const details = { text_tokens: 0, audio_tokens: audio };
  const usage = { type: 'tokens', input_tokens: audio, output_tokens: output, total_tokens: audio + output };
  return { text, usage: { ...usage, input_token_details: details } };
}
