import type { Speech, SpeechRequest, SpokenPiece } from '../../../src/core/ports.ts';
import { joined } from '../../../src/external/speech/pcm.ts';

/** Everything that is answered, failures too. */
export function said(speech: Speech, request: SpeechRequest): Promise<SpokenPiece[]> {
  return arrayOf(speech.speak(request));
}

/** What is said without a failure. `ssml`: of every sentence, in place of its text. */
export async function heard(speech: Speech, request: SpeechRequest, { ssml }: { ssml?: string } = {}) {
  const sentences = request.sentences.map((sentence) => ({ ...sentence, ...(ssml && { ssml }) }));
  const pieces = (await said(speech, { ...request, sentences })).map((piece) => {
    if (!piece.ok) throw new Error(`${piece.reason}: ${piece.detail}`);
    return piece;
  });
  return { pieces, pcm: joined(pieces.map(({ pcm }) => pcm)) };
}

export async function arrayOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
