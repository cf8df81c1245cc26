import { describe, expect, test } from 'vitest';
import { reply } from '../../../src/core/messages.ts';
import type { SendResult } from '../../../src/core/ports.ts';
import { until } from '../../support/classroom.ts';
import { newDraft, outbound } from '../../support/outbound.ts';
import { openSlackSurface, type SurfaceOptions, wordsIn } from '../../support/slack-surface.ts';
import type { Fault } from '../../twins/faults.ts';

/** A reply, told at one moment after the other that the connection is broken: it is there once, and whole. */

const LONG = Array.from({ length: 150 }, (_, index) => `Sentence number ${index} of a long story.`).join(' ');
const ATTEMPTS = 4;

/** Whether it had no effect, or one of which we did not hear. */
type Moment = 'arrived' | 'done';

interface Told {
  texts: string[];
  sent: SendResult;
  /** What Slack was asked for, up to the end. */
  calls: string[];
}

interface Script {
  options: SurfaceOptions;
  /** What is shown while the reply is being written. */
  previews: string[];
  text: string;
  /** The broken call; null for none. */
  broken: { call: number; moment: Moment } | null;
  /** Whether the process dies of it, so that another one goes on with what was recorded. */
  dies: boolean;
}

async function tell({ options, previews, text, broken, dies }: Script): Promise<Told> {
  const { twin, threadId, surface, another, shown, glimpses } = await openSlackSurface(options);
  const calls: string[] = [];
  let isBroken = false;
  twin.faults.onRequest(({ method, moment }): Fault | null => {
    if (moment === 'arrived') calls.push(method);
    if (isBroken || broken?.call !== calls.length - 1 || broken.moment !== moment) return null;
    isBroken = true;
    return 'reset';
  });
  const draft = newDraft();
  surface.typing(threadId);
  for (const each of previews) {
    const before = glimpses();
    surface.preview(threadId, each, draft);
    await until(() => glimpses() > before);
    twin.advance(5_000);
    if (dies && isBroken) break;
  }
  const delivery = outbound(reply('message', text), { threadId, ...(previews.length > 0 && { draft }) });
  let sent: SendResult = { ok: false, reason: 'retry', detail: 'not sent' };
  for (let attempt = 0; attempt < ATTEMPTS && !sent.ok; attempt += 1) {
    const isNext = dies && isBroken;
    // Of a process that died there is what it has recorded.
    const recorded = isNext ? { draft: delivery.draft && { key: draft.key, id: draft.id } } : {};
    const mayBeShown = attempt > 0 || isNext;
    sent = await (isNext ? another() : surface).send({ ...delivery, ...recorded, mayBeShown });
  }
  expect(twin.violations).toEqual([]);
  return { texts: shown().map(wordsIn), sent, calls };
}

describe.each<[string, SurfaceOptions]>([
  ['streamed', {}],
  ['streamed in direct messages', { direct: true }],
  ['not streamed', { twin: { streams: false } }],
])('%s', (_, options) => {
  const scripts: [string, Pick<Script, 'previews' | 'text'>][] = [
    ['that was not begun', { previews: [], text: LONG }],
    ['that ends as it began', { previews: ['Sentence', 'Sentence number 0 of'], text: LONG }],
    ['that begins anew', { previews: ['Well', 'Not so', 'Not so fast'], text: 'Not so fast, Ada.' }],
  ];

  describe.each([true, false])('by a process that dies of it (%s)', (dies) => {
    test.each(scripts)('a reply %s', async (_name, script) => {
      const smooth = await tell({ ...script, options, broken: null, dies });
      expect(smooth.texts.join(' ')).toBe(script.text);
      for (let call = 0; call < smooth.calls.length; call += 1) {
        for (const moment of ['arrived', 'done'] as const) {
          const told = await tell({ ...script, options, broken: { call, moment }, dies });
          const where = `${moment} at ${call} of ${told.calls.join(' ')}`;
          expect(told.texts, where).toEqual(smooth.texts);
          expect(told.sent, where).toMatchObject({ ok: true });
        }
      }
    });
  });
});
