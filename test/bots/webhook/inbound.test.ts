import { describe, expect, test } from 'vitest';
import { readInbound } from '../../../src/bots/webhook/inbound.ts';

const LEAST = {
  message: { id: 'm1', text: '3/4' },
  thread: { id: 't1' },
  learner: { id: 'l1', name: 'Ada' },
  workspace: { id: 'w1', name: 'School' },
};
const MAPPED = {
  platform: 'webhook',
  queue: 'lessons',
  workspace: { id: 'w1', name: 'School' },
  learner: { id: 'l1', name: 'Ada' },
  threadId: 't1',
  messageId: 'm1',
  text: '3/4',
};
const START = { topic: 'fractions', mode: 'course', character: 'playful', level: 'beginner', autostart: true };
const CHOICE = { type: 'choice', questionId: 'q1', choiceId: 'b' };

describe('a body becomes a message', () => {
  test.each([
    ['the least', LEAST, MAPPED],
    ['unknown fields', { ...LEAST, sent: 1, thread: { id: 't1', url: 'x' } }, MAPPED],
    ['a start', { ...LEAST, start: START }, { ...MAPPED, start: START }],
    ['a start without wishes', { ...LEAST, start: {} }, { ...MAPPED, start: {} }],
    ['a choice', { ...LEAST, action: CHOICE }, { ...MAPPED, action: CHOICE }],
    ['a command', { ...LEAST, action: { type: 'hint' } }, { ...MAPPED, action: { type: 'hint' } }],
    ['null for what is left out', { ...LEAST, start: { ...START, level: null }, action: null }, withoutLevel()],
    ['no text', { ...LEAST, message: { id: 'm1' } }, { ...MAPPED, text: '' }],
    ['no name', { ...LEAST, learner: { id: 'l1' } }, { ...MAPPED, learner: { id: 'l1', name: 'l1' } }],
    [
      'a name with control characters',
      { ...LEAST, workspace: { id: 'w1', name: ' A\u0000\u0007 ' } },
      { ...MAPPED, workspace: { id: 'w1', name: 'A' } },
    ],
    [
      'an id of 200 characters',
      { ...LEAST, thread: { id: 'x'.repeat(200) } },
      { ...MAPPED, threadId: 'x'.repeat(200) },
    ],
  ])('%s', (_name, body, message) => {
    expect(readInbound(JSON.stringify(body))).toEqual({ ok: true, message });
  });
});

function withoutLevel() {
  const { level: _, ...start } = START;
  return { ...MAPPED, start };
}

describe('a body is refused, and the problem names its place', () => {
  test.each([
    ['no JSON', '{', 'the body: '],
    ['no object', '[]', 'the body: '],
    ['null', 'null', 'the body: '],
    ['no thread', { ...LEAST, thread: undefined }, 'thread: '],
    ['an empty id', { ...LEAST, message: { id: '', text: '' } }, 'message.id: '],
    ['a number as an id', { ...LEAST, message: { id: 7, text: '' } }, 'message.id: '],
    ['a long id', { ...LEAST, learner: { id: 'x'.repeat(201), name: 'x' } }, 'learner.id: '],
    ['a NUL in an id', { ...LEAST, thread: { id: 'a\u0000' } }, 'thread.id: '],
    ['half a character in an id', { ...LEAST, thread: { id: 'a\ud800' } }, 'thread.id: '],
    ['a long topic', { ...LEAST, start: { topic: 'x'.repeat(501) } }, 'start.topic: '],
    ['an unknown mode', { ...LEAST, start: { mode: 'exam' } }, 'start.mode: '],
    ['an unknown action', { ...LEAST, action: { type: 'dance' } }, 'action'],
    ['a choice of nothing', { ...LEAST, action: { type: 'choice' } }, 'action.questionId: '],
  ])('%s', (_name, body, place) => {
    const read = readInbound(typeof body === 'string' ? body : JSON.stringify(body));
    expect(read).toMatchObject({ ok: false, problem: expect.stringContaining(place) });
  });
});
