import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Reply, reply } from '../../src/core/messages.ts';
import type { Draft, OutboundDelivery, Surface } from '../../src/core/ports.ts';
import { until } from '../support/classroom.ts';
import { newDraft, outbound } from '../support/outbound.ts';
import { anyReply } from '../support/replies.ts';

/** What surfaces promise to the core, whatever chat they write to: each calls the parts that hold for it. */

export interface OpenSurface {
  surface: Surface;
  /** Of a thread that is there, and in which nothing was said. */
  threadId: string;
  /** What stays to be read in it, a message each, oldest first. */
  shown(): string[];
  /** Of one message; null where a reply is one, however long it is. */
  maxCharacters: number | null;
}

/** Something that may fail is between the surface and its readers. */
export interface UnreliableSurface extends OpenSurface {
  /** The next reply is shown, and the surface does not hear of it. */
  loseNextAnswer(): void;
  removeThread(): void;
  /** Everything is refused, and the platform says when to come again. */
  isBusyFor(seconds: number): void;
  breaksDown(): void;
}

/** A reply begins as a message of its own while it is being written. */
export interface DraftingSurface extends OpenSurface {
  /** Somebody deletes all that is shown. */
  deleteAll(): Promise<void>;
  /** The platform no longer knows what was shown by whose request. */
  forget(): void;
  /** Of another process, with the same thread in hand. */
  another(): Surface;
}

const LONG = Array.from({ length: 400 }, (_, index) => `Sentence number ${index} of a long story.`).join(' ');
const DONE = { ok: true, platformMessageIds: expect.any(Array) };

const deliveryOf = ({ threadId }: OpenSurface, text: string, more: Partial<OutboundDelivery> = {}) =>
  outbound(reply('message', text), { threadId, ...more });

/** Marks and spaces are the renderer's own. */
const wordsOf = (...texts: readonly string[]) => texts.join(' ').match(/\w+/g)?.join(' ') ?? '';

export function surfaceContract(open: () => Promise<OpenSurface>): void {
  describe('as every surface', () => {
    test('it shows a reply once and whole, and says under which ids', async () => {
      const { surface, threadId, shown } = await open();
      const asked: Reply = reply('message', 'Well done, **Ada**.', {
        question: { id: 'half', kind: 'numeric', prompt: 'How much is half of six?', choices: [] },
        closing: 'Take your time.',
      });
      const sent = await surface.send(outbound(asked, { threadId }));
      expect(sent).toEqual(DONE);
      expect(sent.ok && sent.platformMessageIds).toHaveLength(1);
      expect(wordsOf(...shown())).toBe('Well done Ada How much is half of six Take your time');
    });

    test('it shows a long reply whole and in its order', async () => {
      const opened = await open();
      const sent = await opened.surface.send(deliveryOf(opened, LONG));
      const shown = opened.shown();
      expect(wordsOf(...shown)).toBe(wordsOf(LONG));
      expect(sent.ok && sent.platformMessageIds).toHaveLength(shown.length);
      const most = opened.maxCharacters ?? LONG.length * 2;
      expect(shown.filter(({ length }) => length > most)).toEqual([]);
    });

    test('it takes replies of any content', async () => {
      const { surface, threadId } = await open();
      const any = anyReply.filter(({ kind, question }) => kind !== 'card' && question?.prompt !== '');
      await fc.assert(
        fc.asyncProperty(any, async (what) => {
          expect(await surface.send(outbound(what, { threadId }))).toEqual(DONE);
        }),
        { numRuns: 40, endOnFailure: true },
      );
    });

    test('it takes signs of typing and previews, of which nothing but the reply is left', async () => {
      const opened = await open();
      const draft = newDraft();
      opened.surface.typing(opened.threadId);
      for (const text of ['', ' ', 'Well', 'Well d']) opened.surface.preview(opened.threadId, text, draft);
      expect(await opened.surface.send(deliveryOf(opened, 'Well done.', { draft }))).toEqual(DONE);
      expect(wordsOf(...opened.shown())).toBe('Well done');
    });
  });
}

export function unreliableSurfaceContract(open: () => Promise<UnreliableSurface>): void {
  describe('as a surface whose platform may fail', () => {
    test('it shows a reply once whose answer was lost', async () => {
      const opened = await open();
      const delivery = deliveryOf(opened, 'Well done.');
      opened.loseNextAnswer();
      await opened.surface.send(delivery);
      expect(await opened.surface.send({ ...delivery, mayBeShown: true })).toEqual(DONE);
      expect(wordsOf(...opened.shown())).toBe('Well done');
    });

    test('it says that a thread is gone', async () => {
      const opened = await open();
      opened.removeThread();
      expect(await opened.surface.send(deliveryOf(opened, 'Well done.'))).toMatchObject({ ok: false, reason: 'gone' });
    });

    test('it passes on how long a busy platform asks us to wait', async () => {
      const opened = await open();
      opened.isBusyFor(70);
      const sent = await opened.surface.send(deliveryOf(opened, 'Well done.'));
      expect(sent).toMatchObject({ ok: false, reason: 'retry' });
      expect(Math.round((('retryAfterMs' in sent && sent.retryAfterMs) || 0) / 1000)).toBe(70);
      expect(opened.shown()).toEqual([]);
    });

    test('it does not break where its platform does', async () => {
      const opened = await open();
      opened.breaksDown();
      opened.surface.typing(opened.threadId);
      opened.surface.preview(opened.threadId, 'Well', newDraft());
      expect(await opened.surface.send(deliveryOf(opened, 'Well done.'))).toMatchObject({ ok: false, reason: 'retry' });
      expect(opened.shown()).toEqual([]);
    });
  });
}

export function draftingSurfaceContract(open: () => Promise<DraftingSurface>): void {
  /** Resolves when this much of a reply is shown. */
  const draftOf = async ({ surface, threadId, shown }: OpenSurface, text: string): Promise<Draft> => {
    const draft = newDraft();
    surface.preview(threadId, text, draft);
    await until(() => draft.id !== null && wordsOf(...shown()) === wordsOf(text));
    return draft;
  };

  describe('as a surface on which a reply is written before the eyes of its reader', () => {
    test.each(['recorded', 'lost'])('the reply takes the place of its draft, whose id was %s', async (what) => {
      const opened = await open();
      const { key, id } = await draftOf(opened, 'Well');
      const isLost = what === 'lost';
      const draft = { key, id: isLost ? null : id };
      const delivery = deliveryOf(opened, 'Well done.', { draft, mayBeShown: isLost });
      // What this process remembers of it is lost as well.
      const sent = await (isLost ? opened.another() : opened.surface).send(delivery);
      expect(sent).toEqual({ ok: true, platformMessageIds: [id] });
      expect(opened.shown().map((each) => wordsOf(each))).toEqual(['Well done']);
    });

    test('the reply is there also where somebody has deleted its draft', async () => {
      const opened = await open();
      const draft = await draftOf(opened, 'Well');
      await opened.deleteAll();
      expect(await opened.surface.send(deliveryOf(opened, 'Well done.', { draft }))).toEqual(DONE);
      expect(opened.shown().map((each) => wordsOf(each))).toEqual(['Well done']);
    });

    test('a long reply begins in its draft', async () => {
      const opened = await open();
      const draft = await draftOf(opened, 'Sentence number');
      const sent = await opened.surface.send(deliveryOf(opened, LONG, { draft }));
      expect(sent.ok && sent.platformMessageIds[0]).toBe(draft.id);
      expect(wordsOf(...opened.shown())).toBe(wordsOf(LONG));
    });

    test('a preview that comes after the reply is another one’s', async () => {
      const opened = await open();
      const first = await draftOf(opened, 'Well');
      await opened.surface.send(deliveryOf(opened, 'Well done.', { draft: first }));
      const next = newDraft();
      opened.surface.preview(opened.threadId, 'Next', next);
      await until(() => next.id !== null);
      expect(opened.shown().map((each) => wordsOf(each))).toEqual(['Well done', 'Next']);
    });

    test('what was recorded as shown is not shown again, however long ago that was', async () => {
      const opened = await open();
      const delivery = deliveryOf(opened, LONG);
      await opened.surface.send(delivery);
      const shown = opened.shown();
      expect(delivery.posted).toHaveLength(shown.length - 1);
      opened.forget();
      await opened.surface.send({ ...delivery, mayBeShown: true });
      expect(opened.shown()).toEqual([...shown, shown.at(-1)]);
    });
  });
}
