import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { controlsOf as onDiscord } from '../../src/bots/discord/replies/controls.ts';
import { canBeHeard } from '../../src/bots/hearing.ts';
import { controlsOf as onSlack } from '../../src/bots/slack/replies/controls.ts';
import { openWords } from '../../src/bots/words.ts';
import { type Reply, reply } from '../../src/core/messages.ts';
import { anyReply } from '../support/replies.ts';

/** Which messages have a button to listen with. */

const words = openWords().for('en');

test.each<[Reply['kind'], string, boolean]>([
  ['message', 'Well done.', true],
  ['plan', 'Four steps.', true],
  ['summary', '数を学びました。', true],
  ['message', ' \n…', false],
  ['message', '👍', false],
  ['notice', 'I am on a break.', false],
  ['card', 'Fractions', false],
  ['progress', 'Half of it.', false],
])('a %s: %j', (kind, text, isHeard) => {
  expect(canBeHeard(reply(kind, text))).toBe(isHeard);
});

test('a question alone can be heard', () => {
  const question = { id: 'q', kind: 'short' as const, prompt: 'How many?', choices: [] };
  expect(canBeHeard(reply('message', '', { question }))).toBe(true);
});

describe('on Discord', () => {
  const context = { threadId: '1400000000000000000', words, needsButtons: false };
  const idsIn = (rows: ReturnType<typeof onDiscord>) =>
    rows.map((row) => row.components.map((each) => ('custom_id' in each ? each.custom_id : '')));
  const isListen = (id: string) => id.startsWith('t1|listen|');

  test('it is the last of all wherever there is room, and takes nothing else away', () => {
    fc.assert(
      fc.property(anyReply, (what) => {
        const without = idsIn(onDiscord(what, context));
        const ids = idsIn(onDiscord(what, { ...context, canSpeak: true }));
        expect(ids.length).toBeLessThanOrEqual(5);
        expect(ids.flat().filter(isListen).length).toBeLessThanOrEqual(canBeHeard(what) ? 1 : 0);
        if (canBeHeard(what) && without.length < 5) expect(ids.flat().at(-1)).toMatch(/^t1\|listen\|/);
        expect(ids.flat().filter((id) => !isListen(id))).toEqual(without.flat());
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });

  test('it is not there where five rows are full', () => {
    const commands = [
      ...(['approve', 'easier', 'harder', 'another', 'hint', 'show', 'skip', 'pause', 'resume'] as const),
      ...(['plan', 'progress', 'questions', 'course', 'help', 'end'] as const),
    ];
    const choices = Array.from({ length: 10 }, (_, index) => ({ id: String(index), text: `${index}` }));
    const question = { id: 'q', kind: 'choice' as const, prompt: 'Which?', choices };
    const full = reply('message', 'Well done.', { commands, question });
    expect(idsIn(onDiscord(full, context)).map((row) => row.length)).toEqual([5, 5, 5, 5, 5]);
    expect(onDiscord(full, { ...context, canSpeak: true })).toEqual(onDiscord(full, context));
  });
});

test('on Slack it is the last of all', () => {
  fc.assert(
    fc.property(anyReply, (what) => {
      const idsOf = (canSpeak: boolean) =>
        onSlack(what, { threadId: 'C1:1.2', words, canSpeak }).flatMap(({ elements }) =>
          elements.map((each) => ('action_id' in each ? each.action_id : '')),
        );
      expect(idsOf(true)).toEqual([...idsOf(false), ...(canBeHeard(what) ? ['lesson:listen'] : [])]);
    }),
    { endOnFailure: true },
  );
});
