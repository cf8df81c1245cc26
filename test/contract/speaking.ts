import { describe, expect, test } from 'vitest';
import { reply } from '../../src/core/messages.ts';
import type { SpeakResult, Surface, Utterance } from '../../src/core/ports.ts';
import { readOggOpus } from '../external/speech/read-ogg.ts';
import { outbound } from '../support/outbound.ts';
import { inParts, utterance } from '../support/utterances.ts';
import type { OpenSurface, UnreliableSurface } from './surface.ts';

/** What surfaces on which one can listen promise to the core: each calls the parts that hold for it. */

export interface SpeakingSurface extends OpenSurface {
  /** What can be listened to in the thread: the files as they are kept there, oldest first. */
  heard(): Promise<Buffer[]>;
  /** Of another process, with the same thread in hand. */
  another(): Surface;
}

const ONE = { ok: true, platformMessageIds: [expect.any(String)] };

function speak(surface: Surface, what: Utterance): Promise<SpeakResult> {
  return surface.speak?.(what) ?? Promise.reject(new Error(`${surface.platform} cannot speak`));
}

export function speakingSurfaceContract(open: () => Promise<SpeakingSurface>): void {
  describe('as a surface on which one can listen', () => {
    test('a long reply is there to be read, and to be heard in its parts, in order', async () => {
      const { surface, threadId, heard, shown } = await open();
      await surface.send(outbound(reply('message', 'Well done.'), { threadId }));
      const parts = await inParts(3, { threadId });
      const ids: string[] = [];
      for (const part of parts) {
        const sent = await speak(surface, part);
        expect(sent).toEqual(ONE);
        if (sent.ok) ids.push(...sent.platformMessageIds);
      }
      expect(new Set(ids).size).toBe(3);
      expect(await heard()).toEqual(parts.map(({ audio }) => audio));
      expect(shown().join('\n')).toContain('Well done.');
    });

    test('it plays, for as long as was said', async () => {
      const { surface, threadId, heard } = await open();
      const spoken = await utterance({ threadId }, { seconds: 4 });
      await speak(surface, spoken);
      const [file, ...more] = await heard();
      expect(more).toEqual([]);
      const { channels, rate, pcm } = readOggOpus(file ?? Buffer.alloc(0));
      expect({ channels, rate }).toEqual({ channels: 1, rate: 48_000 });
      expect(Math.abs(pcm.length / 48_000 - spoken.seconds)).toBeLessThan(spoken.seconds * 0.05);
    });

    test('what may be there already is not there twice, whichever process comes again', async () => {
      const { surface, threadId, heard, another } = await open();
      const spoken = await utterance({ threadId });
      const first = await speak(surface, spoken);
      expect(await speak(another(), { ...spoken, mayBeShown: true })).toEqual(first);
      expect(await heard()).toEqual([spoken.audio]);
    });

    test('what may be there already, and is not, comes', async () => {
      const { surface, threadId, heard, another } = await open();
      const first = await utterance({ threadId }, { seconds: 1 });
      const second = await utterance({ threadId }, { seconds: 2 });
      const before = await speak(surface, first);
      const after = await speak(another(), { ...second, mayBeShown: true });
      expect(after).toEqual(ONE);
      expect(after).not.toEqual(before);
      expect(await heard()).toEqual([first.audio, second.audio]);
    });
  });
}

export function unreliableSpeakingSurfaceContract(open: () => Promise<SpeakingSurface & UnreliableSurface>): void {
  describe('as a surface on which one can listen, whose platform may fail', () => {
    test('it passes on how long a busy platform asks us to wait', async () => {
      const opened = await open();
      const spoken = await utterance({ threadId: opened.threadId });
      opened.isBusyFor(70);
      const sent = await speak(opened.surface, spoken);
      expect(sent).toMatchObject({ ok: false, reason: 'retry' });
      expect(Math.round((('retryAfterMs' in sent && sent.retryAfterMs) || 0) / 1000)).toBe(70);
      expect(opened.shown()).toEqual([]);
    });

    test('it does not break where its platform does', async () => {
      const opened = await open();
      const spoken = await utterance({ threadId: opened.threadId });
      opened.breaksDown();
      expect(await speak(opened.surface, spoken)).toMatchObject({ ok: false, reason: 'retry' });
      expect(opened.shown()).toEqual([]);
    });
  });
}
