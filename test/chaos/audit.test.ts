import { describe, expect, test } from 'vitest';
import { type Accepted, audit, recoveryTimes, type Shown } from '../../chaos/audit.ts';
import { tokensIn } from '../../chaos/tokens.ts';

/** The audit is what everybody relies on, so it is shown broken histories, and has to count what is wrong with them. */

function accepted(thread: string, ...tokens: string[]): Accepted[] {
  return tokens.map((token, index) => ({ thread, token, at: 100 * (index + 1) }));
}

let deliveries = 0;
function shown(thread: string, tokens: string[], at = 1_000): Shown {
  deliveries += 1;
  return { thread, delivery: `delivery-${deliveries}`, tokens, at };
}

const SOUND = { lost: [], duplicated: [], outOfOrder: [], wrongLesson: [] };

describe('the audit', () => {
  test('finds nothing where each message is answered once, in order, in its thread', () => {
    const history = {
      accepted: [...accepted('a', 'a0', 'a1', 'a2'), ...accepted('b', 'b0')],
      shown: [shown('a', ['a0']), shown('b', ['b0']), shown('a', []), shown('a', ['a1', 'a2'])],
    };
    expect(audit(history)).toEqual({ accepted: 4, answered: 4, ...SOUND });
  });

  test('counts a message that nobody answered as lost', () => {
    const history = { accepted: accepted('a', 'a0', 'a1', 'a2'), shown: [shown('a', ['a0']), shown('a', ['a2'])] };
    expect(audit(history)).toEqual({ accepted: 3, answered: 2, ...SOUND, lost: ['a1'] });
  });

  test('counts a message that two replies answer as duplicated', () => {
    const history = { accepted: accepted('a', 'a0', 'a1'), shown: [shown('a', ['a0']), shown('a', ['a0', 'a1'])] };
    expect(audit(history)).toEqual({ accepted: 2, answered: 2, ...SOUND, duplicated: ['a0'] });
  });

  test('does not count one reply that quotes a message twice', () => {
    const history = { accepted: accepted('a', 'a0'), shown: [shown('a', ['a0', 'a0'])] };
    expect(audit(history)).toEqual({ accepted: 1, answered: 1, ...SOUND });
  });

  test.each([
    ['replies', [shown('a', ['a0']), shown('a', ['a2']), shown('a', ['a1'])]],
    ['messages in one reply', [shown('a', ['a0', 'a2', 'a1'])]],
  ])('counts swapped %s as out of order', (_, replies) => {
    const history = { accepted: accepted('a', 'a0', 'a1', 'a2'), shown: replies };
    expect(audit(history)).toEqual({ accepted: 3, answered: 3, ...SOUND, outOfOrder: ['a1'] });
  });

  test('knows no order between threads', () => {
    const history = {
      accepted: [...accepted('a', 'a0'), ...accepted('b', 'b0')],
      shown: [shown('b', ['b0']), shown('a', ['a0'])],
    };
    expect(audit(history)).toEqual({ accepted: 2, answered: 2, ...SOUND });
  });

  test('counts an answer in another thread as one in the wrong lesson, and the message as lost', () => {
    const history = {
      accepted: [...accepted('a', 'a0'), ...accepted('b', 'b0')],
      shown: [shown('a', ['b0']), shown('a', ['a0'])],
    };
    expect(audit(history)).toEqual({ accepted: 2, answered: 1, ...SOUND, lost: ['b0'], wrongLesson: ['b0'] });
  });

  test('counts an answer to something that nobody wrote', () => {
    const history = { accepted: accepted('a', 'a0'), shown: [shown('a', ['a0', 'zz'])] };
    expect(audit(history)).toEqual({ accepted: 1, answered: 1, ...SOUND, wrongLesson: ['zz'] });
  });
});

describe('recovery', () => {
  const history = {
    accepted: [
      { thread: 'a', token: 'a0', at: 100 },
      { thread: 'b', token: 'b0', at: 200 },
      { thread: 'c', token: 'c0', at: 250 },
    ],
    shown: [shown('b', ['b0'], 400), shown('a', ['a0'], 900)],
  };

  test('lasts until the last of those that waited at the fault has its answer', () => {
    expect(recoveryTimes([150, 300, 500], history)).toEqual([750, 600, 400]);
  });

  test('takes no time when nobody waited', () => {
    expect(recoveryTimes([50, 950], history)).toEqual([0, 0]);
  });
});

test('tokens are found wherever they stand in a text', () => {
  expect(tokensIn('You ask well. [m:1:2] [m:1:3] And [m:x:3], 17:4.')).toEqual(['[m:1:2]', '[m:1:3]']);
  expect(tokensIn('nothing')).toEqual([]);
});
