import type { AnyBlock } from '@slack/types';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  actionIdOf,
  type ButtonAction,
  decode,
  decodeFeedback,
  encode,
  feedbackIdOf,
  withChoiceMade,
  wordsOn,
} from '../../../src/bots/slack/replies/presses.ts';
import type { CommandName } from '../../../src/core/messages.ts';

const id = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: fc.constantFrom('"', '\\', ',', 'a', '数') }));
const command = fc.constantFrom<CommandName>(
  ...(['approve', 'easier', 'harder', 'another', 'hint', 'show', 'skip', 'pause', 'resume'] as const),
  ...(['plan', 'progress', 'questions', 'course', 'help', 'end'] as const),
);
const action: fc.Arbitrary<ButtonAction> = fc.oneof(
  fc.record({ type: fc.constant('choice' as const), questionId: id, choiceId: id }),
  fc.record({ type: fc.constant('write' as const), questionId: id }),
  fc.constantFrom({ type: 'change' as const }, { type: 'listen' as const }),
  command.map((type) => ({ type })),
);
const threadId = 'C024BE91L:1721609600.000100';

describe('values', () => {
  test('say what they were made of', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), action, (thread, what) => {
        const value = encode({ threadId: thread, action: what });
        expect(decode(value ?? '')).toEqual({ threadId: thread, action: what });
      }),
    );
  });

  test('are not there where they would be too long', () => {
    const write = (length: number) =>
      encode({ threadId: 'C1:1', action: { type: 'write', questionId: 'q'.repeat(length) } });
    expect(write(1_979)).toHaveLength(2_000);
    expect(write(1_980)).toBeNull();
    const choice: ButtonAction = { type: 'choice', questionId: 'which-piece-of-the-cake-is-larger', choiceId: 'a' };
    expect(encode({ threadId, action: choice }, 150)).not.toBeNull();
    expect(encode({ threadId, action: choice }, 50)).toBeNull();
  });

  test.each([
    '',
    'hint',
    '{}',
    'null',
    '[]',
    '[1,"C1:1","dance"]',
    '[1,"C1:1","constructor"]',
    '[1,"","hint"]',
    '[1,1,"hint"]',
    '["1","C1:1","hint"]',
    '[0,"C1:1","hint"]',
    '[1, "C1:1", "hint"]',
    '[1,"C1:1","hint","more"]',
    '[1,"C1:1","choice","q"]',
    '[1,"C1:1","choice","q",1]',
    '[1,"C1:1","write"]',
  ])('of others mean nothing: %s', (value) => {
    expect(decode(value)).toBeNull();
  });

  test('of anybody are read without harm', () => {
    const foreign = fc.oneof(fc.string(), fc.json());
    fc.assert(
      fc.property(foreign, (value) => {
        const press = decode(value);
        if (press) expect(encode(press)).toBe(value);
      }),
    );
  });
});

describe('what people think', () => {
  test('is of a thread, and good or bad', () => {
    const actionId = feedbackIdOf(threadId) ?? '';
    expect(decodeFeedback(actionId, 'good')).toEqual({ threadId, opinion: 'good' });
    expect(decodeFeedback(actionId, 'bad')).toEqual({ threadId, opinion: 'bad' });
  });

  test.each([
    ['feedback:', 'good'],
    ['lesson:hint', 'good'],
    [`feedback:${threadId}`, 'great'],
  ])('%s with %s is nothing of ours', (actionId, value) => {
    expect(decodeFeedback(actionId, value)).toBeNull();
  });

  test('is not asked where there is no room to say of what', () => {
    expect(feedbackIdOf('')).toBeNull();
    expect(feedbackIdOf('x'.repeat(300))).toBeNull();
  });
});

describe('after a choice', () => {
  const value = (choiceId: string) => encode({ threadId, action: { type: 'choice', questionId: 'q', choiceId } }) ?? '';
  const text = (words: string) => ({ type: 'plain_text' as const, text: words });
  const button = (index: number, words: string, what: string) =>
    ({ type: 'button', action_id: actionIdOf('choice', index), text: text(words), value: what }) as const;
  const others: AnyBlock = {
    type: 'actions',
    elements: [{ type: 'button', action_id: 'lesson:hint', text: text('Hint') }],
  };
  const words: AnyBlock = { type: 'markdown', text: 'Which?' };
  const choices: AnyBlock = {
    type: 'actions',
    elements: [button(0, 'A · 1/3', value('a')), button(1, 'B · 1/6', value('b'))],
  };
  const chosen = (what: string) => ({ type: 'context', elements: [{ type: 'plain_text', text: `✓ ${what}` }] });

  test('it says which, and the rest is as it was', () => {
    const blocks = [words, choices, others];
    const before = structuredClone(blocks);
    expect(wordsOn(blocks, actionIdOf('choice', 1), value('b'))).toBe('B · 1/6');
    expect(withChoiceMade(blocks, actionIdOf('choice', 1), value('b'))).toEqual([words, chosen('B · 1/6'), others]);
    expect(blocks).toEqual(before);
  });

  test('also where it was picked in a menu', () => {
    const options = [
      { text: text('A · 1/3'), value: value('a') },
      { text: text('B · 1/6'), value: value('b') },
    ];
    const menu: AnyBlock = {
      type: 'actions',
      elements: [{ type: 'static_select', action_id: actionIdOf('pick'), options }],
    };
    expect(wordsOn([menu], actionIdOf('pick'), value('b'))).toBe('B · 1/6');
    expect(withChoiceMade([words, menu], actionIdOf('pick'), value('b'))).toEqual([words, chosen('B · 1/6')]);
    expect(withChoiceMade([words, menu], actionIdOf('pick'), 'another')).toEqual([words, menu]);
  });

  test('that is no longer there, nothing changes', () => {
    expect(withChoiceMade([words, others], actionIdOf('choice', 0), value('a'))).toEqual([words, others]);
    expect(wordsOn([words, others], actionIdOf('choice', 0), value('a'))).toBeNull();
  });
});
