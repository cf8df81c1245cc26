import type { ModalView } from '@slack/types';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adminForm } from '../../../src/bots/slack/interactions/admin.ts';
import {
  chosenIn,
  contextOf,
  filledIn,
  formOf,
  textField,
  typedIn,
} from '../../../src/bots/slack/interactions/forms.ts';
import { startForm } from '../../../src/bots/slack/interactions/start-form.ts';
import { openWords } from '../../../src/bots/words.ts';
import { settingsOf } from '../../../src/core/settings.ts';
import { someText } from '../../support/slack-surface.ts';
import { checkView } from '../../twins/slack/view-forms.ts';

/** Forms, as Slack takes them, and what comes back with them. */

const words = openWords();
const LOCALES = ['en', 'de', 'es', 'fr', 'pt-BR', 'ja'];

function namesIn({ blocks }: ModalView): string[] {
  return blocks.map((block) => block.block_id ?? '');
}

function fieldIn({ blocks }: ModalView, name: string): unknown {
  const block = blocks.find((each) => each.block_id === name);
  return block && 'element' in block ? block.element : null;
}

describe.each(LOCALES)('%s', (locale) => {
  test('whatever was wished for, Slack takes the form for a lesson', () => {
    const wishes = fc.record(
      {
        topic: fc.string({ maxLength: 100 }),
        level: fc.constantFrom('beginner', 'intermediate', 'advanced'),
        mode: fc.constantFrom('course', 'questions'),
        character: fc.oneof(fc.constantFrom('friendly', 'playful'), fc.string({ minLength: 1 })),
      },
      { requiredKeys: [] },
    );
    const channel = fc.constantFrom(null, 'C1', 'D1');
    fc.assert(
      fc.property(
        wishes,
        fc.array(fc.string({ minLength: 1 }), { maxLength: 130 }),
        channel,
        (wished, courses, where) => {
          const form = startForm({ wishes: wished, courses, channel: where }, words.for(locale));
          expect(checkView(form, 'modal')).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('whatever is set, Slack takes the form for a workspace', () => {
    const settings = fc.record({
      channels: fc.array(fc.constantFrom('C1', 'C2', 'C3'), { maxLength: 200 }),
      starters: fc.array(fc.constantFrom('U1', 'U2'), { maxLength: 200 }),
      language: fc.option(fc.oneof(fc.constantFrom('Deutsch', '日本語'), fc.string({ minLength: 1, maxLength: 40 }))),
      character: fc.option(fc.oneof(fc.constant('playful'), fc.string({ minLength: 1, maxLength: 200 }))),
      homeworkGuard: fc.boolean(),
      monthlyBudget: fc.option(fc.double({ min: 0, max: 1e9, noNaN: true })),
      notices: fc.constant(null),
    });
    fc.assert(
      fc.property(settings, (set) => {
        expect(checkView(adminForm(settingsOf(set), { channel: 'C1' }, words.for(locale)), 'modal')).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test('a form has room for any title and any text', () => {
    fc.assert(
      fc.property(
        someText.filter((text) => text.trim() !== ''),
        fc.string(),
        (text, value) => {
          const field = textField({ name: 'a', label: text, hint: text, placeholder: text, most: 100, value });
          const form = formOf({ id: 'x', title: text, submit: text, fields: [field] }, words.for(locale));
          expect(checkView(form, 'modal')).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });
});

test('the form for a lesson opens with what was wished for, and where the person is', () => {
  const wishes = { topic: 'fractions', level: 'advanced' as const, character: 'a pirate' };
  const form = startForm({ wishes, courses: ['Fractions for beginners'], channel: 'C1' }, words.for('en'));
  expect(namesIn(form)).toEqual(['topic', 'course', 'level', 'mode', 'character', 'where', 'direct']);
  expect(fieldIn(form, 'topic')).toMatchObject({ initial_value: 'fractions' });
  expect(fieldIn(form, 'level')).toMatchObject({ initial_option: { value: 'advanced' } });
  expect(fieldIn(form, 'mode')).not.toHaveProperty('initial_option');
  // "I" is the tutor, as everywhere.
  expect(fieldIn(form, 'mode')).toMatchObject({ options: [{}, { text: { text: 'You ask, I answer' } }] });
  expect(fieldIn(form, 'character')).toMatchObject({ initial_option: { text: { text: 'a pirate' } } });
  expect(fieldIn(form, 'where')).toMatchObject({ initial_conversation: 'C1' });
  expect(contextOf({ private_metadata: form.private_metadata ?? '' })).toEqual({ channel: 'C1', own: 'a pirate' });

  const direct = startForm({ wishes: {}, courses: [], channel: 'D1' }, words.for('en'));
  expect(namesIn(direct)).not.toContain('course');
  expect(fieldIn(direct, 'where')).toMatchObject({ default_to_current_conversation: true });
  expect(fieldIn(direct, 'direct')).toHaveProperty('initial_options');
});

test('what was filled in is read, and nothing is read of a form that somebody else made up', () => {
  const state = {
    values: {
      topic: { topic: { type: 'plain_text_input', value: ' fractions ' } },
      empty: { empty: { type: 'plain_text_input', value: null } },
      level: {
        level: {
          type: 'static_select',
          selected_option: { text: { type: 'plain_text' as const, text: 'x' }, value: 'beginner' },
        },
      },
      where: { where: { type: 'conversations_select', selected_conversation: 'C1' } },
      many: { many: { type: 'multi_users_select', selected_users: ['U1', 'U2'] } },
    },
  };
  const names = ['topic', 'empty', 'level', 'where', 'none'];
  expect(names.map((name) => filledIn({ state }, name))).toEqual(['fractions', '', 'beginner', 'C1', '']);
  expect([chosenIn({ state }, 'many'), chosenIn({ state }, 'none')]).toEqual([['U1', 'U2'], []]);
  expect(typedIn({ state })).toEqual({ topic: ' fractions ' });
  for (const private_metadata of ['', 'null', '[', '"x"', '7']) expect(contextOf({ private_metadata })).toEqual({});
});
