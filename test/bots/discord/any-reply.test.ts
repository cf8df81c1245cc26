import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderPreview, renderReply } from '../../../src/bots/discord/replies/render.ts';
import { openWords } from '../../../src/bots/words.ts';
import type { Reply } from '../../../src/core/messages.ts';
import { refusals } from '../../support/discord-limits.ts';
import { anyReply, anyText } from '../../support/replies.ts';

/** Whatever the core wants to show, Discord takes it. */

const words = openWords();

const context = fc.record({
  threadId: fc.constantFrom('1400000000000000000', `${'9'.repeat(20)}/${'9'.repeat(20)}`),
  words: fc.constantFrom('en', 'de', 'ja').map(words.for),
  canSpeak: fc.boolean(),
  needsButtons: fc.boolean(),
});

/** Marks, which may be changed or repeated, left out. */
function letters(each: string): string {
  return each.replace(/[^a-zA-Z]/g, '');
}

test('Discord refuses nothing of any reply', () => {
  fc.assert(
    fc.property(anyReply, context, (what, where) => {
      const messages = renderReply(what, where);
      for (const message of messages) {
        expect(refusals(message)).toEqual([]);
        expect(message.allowed_mentions).toEqual({ parse: [] });
      }
      for (const message of messages.slice(0, -1)) expect(message.components).toBeUndefined();
      if (what.kind === 'card') expect(messages).toHaveLength(1);
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

test('all that a reply says is there, in its order', () => {
  fc.assert(
    fc.property(anyReply, context, (what, where) => {
      const isDrawn = what.kind === 'progress' && what.plan?.length;
      if (what.kind === 'card' || isDrawn) return;
      const said = letters(
        renderReply(what, where)
          .map(({ content = '' }) => content)
          .join('\n'),
      );
      let from = 0;
      for (const part of [what.text, what.question?.prompt ?? '', what.closing ?? ''].map(letters)) {
        const at = said.indexOf(part, from);
        expect(at, part).toBeGreaterThanOrEqual(0);
        from = at + part.length;
      }
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

test('a reply with words has a message, and one without has none but for its plan', () => {
  fc.assert(
    fc.property(anyReply, context, (what, where) => {
      if (what.kind === 'card') return;
      const hasWords = letters(what.text + (what.closing ?? '')) !== '';
      if (hasWords) expect(renderReply(what, where).length).toBeGreaterThan(0);
      const bare: Reply = { ...what, text: ' ', question: null, closing: null };
      expect(renderReply(bare, where)).toHaveLength(what.plan && what.plan.length > 0 ? 1 : 0);
    }),
    { endOnFailure: true },
  );
});

test('a preview fits into a message, at any point of a text', () => {
  fc.assert(
    fc.property(anyText, fc.nat(3000), (whole, length) => {
      const shown = renderPreview(whole.slice(0, length));
      expect(shown.length).toBeLessThanOrEqual(2000);
      expect(shown).toBe(shown.trim());
    }),
    { endOnFailure: true },
  );
});
