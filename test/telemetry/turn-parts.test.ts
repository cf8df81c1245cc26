import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StepName } from '../../src/core/step-names.ts';
import { openTurnParts } from '../../src/telemetry/turn-parts.ts';

/** A clock that the test moves. */
function setUp() {
  const clock = { ms: 0 };
  return { clock, parts: openTurnParts(() => clock.ms) };
}

describe('the parts of a turn', () => {
  test('steps one after the other, and the time between them', () => {
    const { clock, parts } = setUp();
    const spend = (step: StepName, ms: number) => {
      const leave = parts.enter(step);
      clock.ms += ms;
      leave();
    };
    spend('read', 100);
    spend('model', 2_000);
    clock.ms += 50;
    spend('commit', 300);
    spend('send', 700);
    spend('nudge', 30);
    expect(parts.seconds()).toEqual({ database: 0.4, model: 2, delivery: 0.7, other: expect.closeTo(0.08) });
  });

  test('a step inside of another takes its time from it', () => {
    const { clock, parts } = setUp();
    const leaveModel = parts.enter('model');
    clock.ms += 1_000;
    const leaveStore = parts.enter('store');
    clock.ms += 200;
    leaveStore();
    clock.ms += 500;
    leaveModel();
    expect(parts.seconds()).toEqual({ database: 0.2, model: 1.5, delivery: 0, other: 0 });
  });

  test('steps at the same time are not counted twice, whichever ends first', () => {
    const { clock, parts } = setUp();
    const leaveFirst = parts.enter('model');
    const leaveSecond = parts.enter('model');
    clock.ms += 1_000;
    leaveFirst();
    clock.ms += 500;
    leaveSecond();
    expect(parts.seconds()).toEqual({ database: 0, model: 1.5, delivery: 0, other: 0 });
  });

  test('add up to the turn, however steps overlap', () => {
    const moves = fc.array(
      fc.record({
        step: fc.constantFrom<StepName>('take', 'read', 'model', 'store', 'send', 'nudge', 'turn'),
        ms: fc.integer({ min: 0, max: 5_000 }),
        /** Which of the open steps ends before this one begins; none when out of range. */
        end: fc.nat(6),
      }),
    );
    fc.assert(
      fc.property(moves, (all) => {
        const { clock, parts } = setUp();
        const open: (() => void)[] = [];
        for (const { step, ms, end } of all) {
          open.splice(end, 1)[0]?.();
          open.push(parts.enter(step));
          clock.ms += ms;
        }
        const seconds = Object.values(parts.seconds());
        expect(seconds.reduce((sum, each) => sum + each, 0)).toBeCloseTo(clock.ms / 1_000, 6);
        expect(Math.min(...seconds)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
