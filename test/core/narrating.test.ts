import { expect, test } from 'vitest';
import { newLesson } from '../../src/core/lesson.ts';
import { type Reply, reply } from '../../src/core/messages.ts';
import { notSaid, whatToSay } from '../../src/core/narrating.ts';
import { spokenSentences } from '../../src/core/spoken/sentences.ts';
import type { WrittenSoFar } from '../../src/db/narrations.ts';

/** What is said next in a narrated lesson. */

function written(more: Partial<WrittenSoFar>): WrittenSoFar {
  return {
    ...{ turn: 3, said: [], isOver: false, draft: null, replies: [], phase: 'teaching' },
    ...{ state: newLesson(), locale: null, workspaceId: 'school', settings: {}, ...more },
  };
}

const said = (more: Partial<WrittenSoFar>) => whatToSay(written(more)).sentences.map(({ text }) => text);
const message = (turn: number, text: string, more: Partial<Reply> = {}) => ({
  turn,
  reply: reply('message', text, more),
});

test('a reply, from the first sentence that was not heard', () => {
  const replies = [message(3, 'One is here. Two is here. Three.')];
  expect(said({ replies })).toEqual(['One is here.', 'Two is here.', 'Three.']);
  expect(said({ replies, said: ['One is here.'] })).toEqual(['Two is here.', 'Three.']);
  expect(said({ replies, said: ['One is here.', 'Two is here.', 'Three.'] })).toEqual([]);
  expect(said({ replies, isOver: true })).toEqual([]);
});

test('a reply that is being written, as far as it cannot change any more', () => {
  expect(said({ draft: { turn: 3, text: 'One is here. Two is' } })).toEqual(['One is here.']);
  expect(said({ draft: { turn: 3, text: 'One is here. Two is' }, said: ['One is here.'] })).toEqual([]);
  expect(said({ draft: { turn: 3, text: 'On' }, said: ['One is here.'] })).toEqual([]);
});

test('the finished reply goes on where its draft ended, with its question and the next replies of the turn', () => {
  const question = { id: 'q', kind: 'short' as const, prompt: 'How many?', choices: [] };
  const replies = [message(3, 'One is here. Two.', { question }), message(3, 'Three.')];
  const draft = { turn: 3, text: 'One is here. Two.' };
  expect(said({ replies, draft, said: ['One is here.'] })).toEqual(['Two.', 'How many?', 'Three.']);
});

test('one that differs from its draft is said from there on, and nothing of it twice', () => {
  const replies = [message(3, 'One is here. Another two. Three. Four.')];
  const heard = ['One is here.', 'Two is here.', 'Three.'];
  expect(said({ replies, said: heard })).toEqual(['Another two.', 'Four.']);
  expect(said({ replies, said: [...heard, 'Another two.'] })).toEqual(['Four.']);
  expect(said({ replies, said: [...heard, 'Another two.', 'Four.'] })).toEqual([]);
});

test('of a newer turn instead of what is left of an older one', () => {
  const replies = [message(3, 'One is here. Two is here.'), message(5, 'Five is here.')];
  const next = whatToSay(written({ replies, said: ['One is here.'] }));
  expect(next).toMatchObject({ turn: 5, said: [], isEnding: false });
  expect(next.sentences.map(({ text }) => text)).toEqual(['Five is here.']);
  expect(said({ replies, isOver: true })).toEqual(['Five is here.']);
  expect(said({ replies: replies.slice(0, 1), draft: { turn: 4, text: 'Fo' } })).toEqual([]);
});

test('the last words of a lesson, and then nothing', () => {
  const replies = [{ turn: 3, reply: reply('summary', 'That was it.') }];
  for (const phase of ['completed', 'ended'] as const) {
    expect(whatToSay(written({ replies, phase }))).toMatchObject({
      isEnding: true,
      sentences: [{ text: 'That was it.' }],
    });
  }
  expect(whatToSay(written({ state: { ...newLesson(), paused: true } })).isEnding).toBe(true);
});

test('in the language of the lesson', () => {
  const state = newLesson();
  const of = (language: string) => ({ ...state, preferences: { ...state.preferences, language } });
  const replies = [message(3, '3/4')];
  expect(said({ replies, state: of('Deutsch') })).toEqual(['drei Viertel.']);
  expect(whatToSay(written({ replies, state: of('Klingon') }))).toMatchObject({ language: null, sentences: [] });
});

test('sentences that are the same are each said', () => {
  const sentences = spokenSentences('Again. Again. Again.', { language: 'en' });
  expect(notSaid([], sentences)).toHaveLength(3);
  expect(notSaid(['Again.'], sentences)).toHaveLength(2);
  expect(notSaid(['Again.', 'Again.', 'Again.'], sentences)).toEqual([]);
});
