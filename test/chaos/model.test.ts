import { expect, test } from 'vitest';
import { isCutShort } from '../../chaos/model.ts';

const ANSWER =
  'You ask well. [m:1:2] What you feel at the shore is a difference of forces, and the Moon has the larger one.';
const OPENING =
  'We begin.  Stand on a beach for a day, and you see the water come and go twice.\n\n-# Step 1 of 2\n**Why does the water come twice a day?**';

test.each(['Yo', 'You ask well.', 'You ask well. [m:1:2] What you feel', 'We begin. Stand on a'])(
  'a draft that was left behind is cut short: %s',
  (text) => {
    expect(isCutShort(text)).toBe(true);
  },
);

test.each([ANSWER, OPENING, '', 'Your tutor needs a moment.'])('what was said to its end is not: %s', (text) => {
  expect(isCutShort(text)).toBe(false);
});
