import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderPreview, renderReply, type SlackPost } from '../../../src/bots/slack/replies/render.ts';
import { openWords } from '../../../src/bots/words.ts';
import type { Reply } from '../../../src/core/messages.ts';
import { anyReply } from '../../support/replies.ts';
import { calls, someText, textsIn } from '../../support/slack-surface.ts';
import { checkMessage, MAX_TEXT_OF_BLOCKS, textLengthOf } from '../../twins/slack/block-forms.ts';

/** Whatever the core wants to show, Slack takes it, and nobody is called by it. */

const words = openWords();

const context = fc.record({
  threadId: fc.constantFrom('C024BE91L:1721609600.000100', `D${'9'.repeat(20)}:${'9'.repeat(20)}.${'9'.repeat(6)}`),
  words: fc.constantFrom('en', 'de', 'ja').map(words.for),
  canSpeak: fc.boolean(),
});

/** Replies of which any part may try to call people. */
const someReply: fc.Arbitrary<Reply> = fc
  .tuple(anyReply, fc.array(someText, { minLength: 6, maxLength: 6 }), fc.boolean())
  .map(([what, [text = '', prompt = '', choice = '', title = '', closing = '', topic = ''], isTame]) =>
    isTame
      ? what
      : {
          ...what,
          text,
          closing,
          question: what.question && { ...what.question, prompt, choices: [{ id: choice, text: choice }] },
          plan: what.plan?.map((line) => ({ ...line, title, objective: closing })) ?? null,
          progress: what.progress && { ...what.progress, title: topic },
        },
  );

/** Marks, which may be changed or repeated, left out. */
const letters = (each: string) => each.replace(/[^a-zA-Z]/g, '');

const actionIds = (post: SlackPost) => JSON.stringify(post.blocks).match(/"action_id":"[^"]*"/g) ?? [];

test('Slack refuses nothing of any reply, and nobody is called by it', () => {
  fc.assert(
    fc.property(someReply, context, (what, where) => {
      const posts = renderReply(what, where);
      for (const post of posts) {
        expect(checkMessage(post)).toEqual([]);
        expect(textLengthOf(post.blocks)).toBeLessThan(MAX_TEXT_OF_BLOCKS);
        expect(post.text.trim()).not.toBe('');
        expect(post.text.length).toBeLessThanOrEqual(3_900);
        expect(textsIn(post).flatMap(calls)).toEqual([]);
        expect(new Set(actionIds(post)).size).toBe(actionIds(post).length);
      }
      for (const post of posts.slice(0, -1)) expect(actionIds(post)).toEqual([]);
      if (what.kind === 'card') expect(posts).toHaveLength(1);
    }),
    { numRuns: 300, endOnFailure: true },
  );
});

test('all that a reply says is there, in its order', () => {
  fc.assert(
    fc.property(someReply, context, (what, where) => {
      const isDrawn = what.kind === 'progress' && what.plan?.length;
      if (what.kind === 'card' || isDrawn) return;
      const said = letters(
        renderReply(what, where)
          .flatMap(({ blocks }) => textsIn(blocks))
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
    fc.property(someText, fc.nat(6000), (whole, length) => {
      const post = renderPreview(whole.slice(0, length));
      expect(post === null).toBe(whole.slice(0, length).trim() === '');
      expect(checkMessage(post ?? { text: 'nothing' })).toEqual([]);
      expect(textsIn(post).flatMap(calls)).toEqual([]);
    }),
    { endOnFailure: true },
  );
});
