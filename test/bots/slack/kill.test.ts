import { describe, expect, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { type Arrival, allSettled, beginLesson, botListens, type Fits, killAt, openStage } from '../../support/slack-mortals.ts';
import { twinTutor } from '../../support/twin-tutor.ts';

/** The program itself, killed with -9 at a request of its own, and started again: everything is there once. */

const database = useDatabase();

const at =
  (moment: Arrival['moment'], method: string): Fits =>
  (each) =>
    each.moment === moment && each.method === method;
const nth = (count: number, fits: Fits): Fits => {
  let seen = 0;
  return (arrival) => fits(arrival) && ++seen === count;
};

describe.each([
  ['streamed', true],
  ['changed', false],
])('a reply that is %s', (_, streams) => {
  const draft = streams ? 'chat.startStream' : 'chat.postMessage';
  const more = streams ? 'chat.appendStream' : 'chat.update';
  const posts = streams ? 0 : 1;
  const DEATHS: [string, () => Fits][] = [
    ['before its draft is shown', () => at('arrived', draft)],
    ['when its draft is shown, and not recorded', () => at('done', draft)],
    ['while it is being written', () => at('arrived', more)],
    ['when more of it is shown', () => at('done', more)],
    ...(streams
      ? ([
          ['before its first part is whole', () => at('arrived', 'chat.stopStream')],
          ['when its first part is whole', () => at('done', 'chat.stopStream')],
        ] as [string, () => Fits][])
      : []),
    ['between two of its parts', () => nth(posts + 1, at('arrived', 'chat.postMessage'))],
    ['when its second part is shown', () => nth(posts + 1, at('done', 'chat.postMessage'))],
    ['when its last part is shown, and not recorded', () => nth(posts + 2, at('done', 'chat.postMessage'))],
  ];

  test.each(DEATHS)('is there once after the program has died %s', async (_name, fits) => {
    const stage = await openStage(database.url, { twin: { streams } });
    const { model } = stage;
    const { says, settle, ...lesson } = await beginLesson(stage, database.db);
    // Whoever waits for the restart may read that they do.
    const replies = () => lesson.replies().filter(({ text }) => !text.startsWith('I need a moment'));
    const { length } = replies();
    const { length: asked } = stage.twin.requests;
    const isAsked = (method: string) => stage.twin.requests.slice(asked).some((each) => each.method === method);
    // So that some of it is shown before the rest is there.
    let gate: ((soFar: string) => Promise<void>) | null = async ({ length: written }) => {
      if (written >= 1_000) await until(() => gate === null || isAsked(draft));
      if (written >= 2_500) await until(() => gate === null || isAsked(more));
    };
    model.respond((request) => {
      const answer = twinTutor(request);
      if (request.agent !== 'executor' && request.agent !== 'teacher') return answer;
      return { json: { ...answer.json, message: STORY }, chunkSize: 128, ...(gate && { gate }) };
    });
    killAt(stage, fits());
    says('why?');
    await stage.program.exit;
    gate = null;
    await stage.restart();
    await until(() => replies().length >= length + 3);
    await settle();
    const shown = replies().slice(length);
    expect(shown).toHaveLength(3);
    expect(shown.filter(({ isStreaming }) => isStreaming)).toEqual([]);
    const words = shown.map(({ blocks }) => JSON.stringify(blocks)).join(' ');
    for (let index = 0; index < SENTENCES; index += 1) {
      expect(words.split(`sentence ${index} `), `sentence ${index}`).toHaveLength(2);
    }
  });
});

const SENTENCES = 220;
const STORY = Array.from({ length: SENTENCES }, (_, index) => `This is the sentence ${index} of a story.`).join(' ');

describe('a lesson', () => {
  const STEPS: [string, Fits][] = [];
  test.skip('x', async () => {
    expect(STEPS).toEqual([]);
    await allSettled(database.db, '');
    await botListens(null as never);
  });
});
