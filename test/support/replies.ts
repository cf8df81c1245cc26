import fc from 'fast-check';
import type { AskedQuestion, CommandName, PlanLine, Reply } from '../../src/core/messages.ts';

/** Replies of arbitrary content, also such as no tutor writes. */

export const anyText = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('1 ', '. ', '\n', '```', '| ', '|-|', '# ', '> ', '👨‍👩‍👧', '数'), maxLength: 40 }),
  fc
    .tuple(fc.constantFrom('word ', 'x', 'So. ', '- item\n', '```\ncode\n'), fc.nat(3000))
    .map(([what, length]) => what.repeat(Math.ceil(length / what.length))),
);
const command = fc.constantFrom<CommandName>(
  ...(['approve', 'easier', 'harder', 'another', 'hint', 'show', 'skip', 'pause', 'resume'] as const),
  ...(['plan', 'progress', 'questions', 'course', 'help', 'end'] as const),
);
const id = fc.oneof(fc.constantFrom('a', 'b', 'c', 'which-is-larger'), fc.string({ maxLength: 120 }));
const question: fc.Arbitrary<AskedQuestion> = fc.record({
  id,
  kind: fc.constantFrom('choice', 'numeric', 'short', 'open'),
  prompt: anyText,
  choices: fc.array(fc.record({ id, text: fc.oneof(fc.string({ maxLength: 30 }), anyText) }), { maxLength: 30 }),
});
const line: fc.Arbitrary<PlanLine> = fc.record({
  title: anyText,
  objective: anyText,
  status: fc.constantFrom('pending', 'in_progress', 'completed', 'blocked', 'skipped'),
  mastery: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  right: fc.nat(99),
  wrong: fc.nat(99),
});
export const anyReply: fc.Arbitrary<Reply> = fc.record({
  kind: fc.constantFrom('message', 'plan', 'progress', 'summary', 'notice', 'card'),
  text: anyText,
  question: fc.option(question),
  plan: fc.option(fc.array(line, { maxLength: 20 })),
  progress: fc.option(fc.record({ step: fc.nat(9), of: fc.nat(9), title: anyText })),
  closing: fc.option(anyText),
  commands: fc.array(command, { maxLength: 20 }),
});
