import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Utterance } from '../../core/ports.ts';

/**
 * What was spoken in a lesson, as files 1.ogg, 2.ogg … in a folder of its own. Safe to run again for what may be there
 * already, and a file is whole or not there. Returns its path.
 */
export async function keepSpeech(directory: string, utterance: Utterance): Promise<string> {
  const { threadId, audio, mayBeShown } = utterance;
  const folder = join(directory, threadId.replace(/[^\w-]/g, '_'));
  await mkdir(folder, { recursive: true });
  const numbers = (await readdir(folder)).flatMap((name) => /^(\d+)\.ogg$/.exec(name)?.[1] ?? []).map(Number);
  const last = Math.max(0, ...numbers);
  const lastPath = join(folder, `${last}.ogg`);
  // The same words are the same bytes.
  if (mayBeShown && last > 0 && audio.equals(await readFile(lastPath))) return lastPath;
  const path = join(folder, `${last + 1}.ogg`);
  await writeFile(`${path}.part`, audio);
  await rename(`${path}.part`, path);
  return path;
}
