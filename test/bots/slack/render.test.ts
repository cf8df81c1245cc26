import type { ActionsBlock, KnownBlock } from '@slack/types';
import { describe, expect, test } from 'vitest';
import { decode } from '../../../src/bots/slack/replies/presses.ts';
import { renderPreview, renderReply, type SlackPost } from '../../../src/bots/slack/replies/render.ts';
import { openWords } from '../../../src/bots/words.ts';
import { type AskedQuestion, type PlanLine, type Reply, reply } from '../../../src/core/messages.ts';
import { checkMessage } from '../../twins/slack/block-forms.ts';

const words = openWords();
const threadId = 'C024BE91L:1721609600.000100';
const context = { threadId, words: words.for('en') };

/** The only message of a reply. */
function rendered(what: Reply, locale = 'en'): SlackPost {
  const [post, ...more] = renderReply(what, { threadId, words: words.for(locale) });
  expect(more).toEqual([]);
  if (!post) throw new Error('nothing was rendered');
  expect(checkMessage(post)).toEqual([]);
  return post;
}

/** What each block shows: Markdown as it is, small letters in round brackets, a header in angle brackets. */
function shown({ blocks }: SlackPost): string[] {
  return blocks.flatMap((block) => {
    if (block.type === 'markdown') return [block.text];
    if (block.type === 'header') return [`<${block.text.text}>`];
    if (block.type === 'context') return block.elements.map((each) => ('text' in each ? `(${each.text})` : ''));
    return [];
  });
}

const actionsOf = (blocks: KnownBlock[]) => blocks.filter((block): block is ActionsBlock => block.type === 'actions');

function buttonsOf({ blocks }: SlackPost) {
  return actionsOf(blocks).flatMap(({ elements }) =>
    elements.flatMap((each) => (each.type === 'button' ? [each] : [])),
  );
}

/** The labels of each block; a menu in brackets. */
function labels({ blocks }: SlackPost): string[][] {
  return actionsOf(blocks).map(({ elements }) =>
    elements.map((each) => {
      if (each.type === 'static_select') return `[${each.options?.map(({ text }) => text.text).join(', ')}]`;
      return each.type === 'button' ? each.text.text : '';
    }),
  );
}

const actions = (post: SlackPost) => buttonsOf(post).map(({ value = '' }) => decode(value)?.action);

function asked(kind: AskedQuestion['kind'], prompt: string, ...choices: string[]): AskedQuestion {
  return {
    ...{ id: 'q1', kind, prompt },
    choices: choices.map((text, index) => ({ id: 'abcdefghijklmnop'.charAt(index), text })),
  };
}

function line(title: string, status: PlanLine['status'], right = 0, wrong = 0): PlanLine {
  const mastery = right + wrong > 0 ? right / (right + wrong) : null;
  return { title, objective: `Understand ${title.toLowerCase()}`, status, mastery, right, wrong };
}

const plan = [line('Halves', 'completed', 4, 1), line('Quarters', 'in_progress'), line('Thirds', 'pending')];

const inLesson = (question: AskedQuestion | null, more: Partial<Reply> = {}) =>
  reply('message', 'Well done.', {
    question,
    progress: { step: 2, of: 4, title: 'Halves' },
    commands: ['hint', 'skip', 'pause'],
    ...more,
  });

describe('a question', () => {
  test('with short choices has them on its buttons', () => {
    const post = rendered(inLesson(asked('choice', 'Which is larger?', '3/8', 'x**2 + y**2', 'Equal')));
    expect(shown(post)).toEqual(['Well done.', '(Step 2 of 4 · Halves)', '**Which is larger?**']);
    expect(post.text).toBe('Well done.\n\nStep 2 of 4 · Halves\n\nWhich is larger?');
    expect(labels(post)).toEqual([
      ['A · 3/8', 'B · x**2 + y**2', 'C · Equal'],
      ['Hint', 'Skip', 'Stop'],
    ]);
    expect(actions(post)).toEqual([
      { type: 'choice', questionId: 'q1', choiceId: 'a' },
      { type: 'choice', questionId: 'q1', choiceId: 'b' },
      { type: 'choice', questionId: 'q1', choiceId: 'c' },
      ...[{ type: 'hint' }, { type: 'skip' }, { type: 'pause' }],
    ]);
    expect(buttonsOf(post).map((each) => each.action_id)).toEqual([
      ...['lesson:choice:0', 'lesson:choice:1', 'lesson:choice:2'],
      ...['lesson:hint', 'lesson:skip', 'lesson:pause'],
    ]);
    expect(decode(buttonsOf(post)[0]?.value ?? '')?.threadId).toBe(threadId);
  });

  test.each([
    ['long', 'three, which is a rather long thing', '**A)** three, which is a rather long thing'],
    ['code', '`x = 1`', '**A)** `x = 1`'],
    ['several lines', '```\nx = 1\n```', '**A)**\n```\nx = 1\n```'],
  ])('with a choice that is %s has them in its text', (_, choice, text) => {
    const post = rendered(inLesson(asked('choice', 'Which one?', choice, 'four')));
    expect(shown(post).at(-1)).toBe(`**Which one?**\n${text}\n**B)** four`);
    expect(labels(post)[0]).toEqual(['A', 'B']);
  });

  test('with many choices has up to ten buttons, then a menu', () => {
    const many = (count: number) => asked('choice', 'Which?', ...Array.from({ length: count }, (_, at) => `no. ${at}`));
    expect(labels(rendered(inLesson(many(10)))).map((row) => row.length)).toEqual([10, 3]);
    const menu = rendered(inLesson(many(11)));
    expect(labels(menu)[0]?.[0]).toMatch(/^\[A · no\. 0, B · no\. 1, .*K · no\. 10\]$/);
    expect(shown(menu).at(-1)).toContain('**K)** no. 10');
    const [element] = actionsOf(menu.blocks)[0]?.elements ?? [];
    const options = element?.type === 'static_select' ? (element.options ?? []) : [];
    expect(decode(options[10]?.value ?? '')).toEqual({
      threadId,
      action: { type: 'choice', questionId: 'q1', choiceId: 'k' },
    });
  });

  test('whose ids are too long is answered by letters', () => {
    const post = rendered(inLesson({ ...asked('choice', 'Which?', 'one', 'two'), id: 'q'.repeat(2000) }));
    expect(shown(post).at(-1)).toBe('**Which?**\n**A)** one\n**B)** two');
    expect(labels(post)).toEqual([['Hint', 'Skip', 'Stop']]);
  });

  test('with many choices leaves those out of its menu whose ids are too long, but not of its text', () => {
    const many = asked('choice', 'Which?', ...Array.from({ length: 11 }, (_, at) => `no. ${at}`));
    const [first, ...others] = many.choices;
    const choices = [{ id: 'x'.repeat(150), text: first?.text ?? '' }, ...others];
    const post = rendered(inLesson({ ...many, choices }));
    expect(labels(post)[0]?.[0]).toMatch(/^\[B · no\. 1, .*K · no\. 10\]$/);
    expect(shown(post).at(-1)).toContain('…)** no. 0');
  });

  test('is not taken for code because of its step', () => {
    const progress = { step: 1, of: 2, title: 'Code in\n```' };
    const post = rendered(inLesson(asked('short', 'Who?'), { progress }));
    expect(shown(post)).toEqual(['Well done.', '(Step 1 of 2 · Code in)', '**Who?**']);
  });

  test.each([
    ['a plain line', 'What is half of 6?', '**What is half of 6?**'],
    ['marks', 'What is `2 * 3`?', 'What is `2 * 3`?'],
    ['lines', 'What does it show?\n```\nx\n```\n', 'What does it show?\n```\nx\n```'],
  ])('is bold where it is one plain line: %s', (_, prompt, text) => {
    expect(shown(rendered(inLesson(asked('numeric', prompt)))).at(-1)).toBe(text);
  });

  test('that wants many words can be answered in a modal; others are typed', () => {
    expect(labels(rendered(inLesson(asked('open', 'Why?'))))).toEqual([['Write…', 'Hint', 'Skip', 'Stop']]);
    expect(labels(rendered(inLesson(asked('short', 'Who?'))))).toEqual([['Hint', 'Skip', 'Stop']]);
    expect(actions(rendered(inLesson(asked('open', 'Why?'))))[0]).toEqual({ type: 'write', questionId: 'q1' });
    const longId = rendered(inLesson({ ...asked('open', 'Why?'), id: 'q'.repeat(2000) }));
    expect(actions(longId)[0]).toEqual({ type: 'write', questionId: '' });
  });

  test('too long for the words before it has a message of its own, with the buttons', () => {
    const text = 'Long words. '.repeat(290).trim();
    const [first, second, ...none] = renderReply(
      inLesson(asked('choice', 'Which?', 'one', 'two'), { text, closing: 'Bye.' }),
      context,
    );
    expect(none).toEqual([]);
    expect(first).toEqual({ text, blocks: [{ type: 'markdown', text }] });
    expect(second && shown(second)).toEqual(['(Step 2 of 4 · Halves)', '**Which?**', 'Bye.']);
    expect(second && labels(second)).toEqual([
      ['A · one', 'B · two'],
      ['Hint', 'Skip', 'Stop'],
    ]);
  });
});

describe('a plan', () => {
  const planned = reply('plan', 'My plan:', {
    plan,
    closing: 'Shall we start?',
    commands: ['approve', 'easier', 'harder', 'another', 'questions', 'end'],
  });

  test('is a card between the words', () => {
    const steps = [
      ...['✅ **1. Halves**', 'Understand halves', '▶️ **2. Quarters**', 'Understand quarters'],
      ...['▫️ **3. Thirds**', 'Understand thirds'],
    ].join('\n');
    const post = rendered(planned);
    expect(shown(post)).toEqual(['My plan:', '<Your plan>', steps, 'Shall we start?']);
    expect(post.text).toBe(`My plan:\n\nYour plan\n${steps.replaceAll('*', '')}\n\nShall we start?`);
  });

  test('that waits can be changed in words', () => {
    const post = rendered(planned);
    expect(labels(post)).toEqual([['Start', 'Easier', 'Harder', 'Another plan', 'Questions only', 'End', 'Change…']]);
    expect(buttonsOf(post).map(({ style }) => style)).toEqual([
      ...['primary', undefined, undefined, undefined, undefined, 'danger', undefined],
    ]);
    expect(labels(rendered({ ...planned, commands: ['hint'] }))).toEqual([['Hint']]);
  });

  test('speaks the language of the learner', () => {
    const post = rendered(planned, 'de');
    expect(shown(post)[1]).toBe('<Dein Plan>');
    expect(labels(post)[0]?.slice(0, 2)).toEqual(['Anfangen', 'Leichter']);
  });
});

test('progress is a card with a bar for each step', () => {
  const post = rendered(reply('progress', 'The same in words.', { plan, closing: 'Still open: nothing.' }));
  const steps = [
    ...['▰▱▱ 1/3', '', '✅ **1. Halves**', '▰▰▰▰▰▰▰▰▱▱ 80% · 4 right · 1 wrong'],
    ...['▶️ **2. Quarters**', 'not checked yet', '▫️ **3. Thirds**', 'not checked yet'],
  ].join('\n');
  expect(shown(post)).toEqual(['<Your progress>', steps, 'Still open: nothing.']);
});

describe('a lesson’s card', () => {
  test('has the topic, the plan and where the lesson stands', () => {
    const post = rendered(
      reply('card', 'Fractions', {
        plan,
        standing: 'teaching',
        progress: { step: 2, of: 3, title: 'Quarters' },
        commands: ['pause', 'progress'],
      }),
    );
    expect(shown(post)).toEqual([
      '<Fractions>',
      '▰▱▱ 1/3\n\n✅ **1. Halves**\n▶️ **2. Quarters**\n▫️ **3. Thirds**\n\n*Under way* · Step 2 of 3',
    ]);
    expect(labels(post)).toEqual([['Stop', 'Progress']]);
  });

  test('says so where there is nothing yet', () => {
    const post = rendered(reply('card', ' '));
    expect(post).toEqual({
      text: 'New lesson',
      blocks: [{ type: 'header', text: { type: 'plain_text', text: 'New lesson' } }],
    });
  });
});

test.each([
  ['a plain line in small letters', 'One moment.', '(One moment.)'],
  ['anything longer as it is', 'One\nmoment.', 'One\nmoment.'],
])('a notice: %s', (_, text, how) => {
  expect(shown(rendered(reply('notice', text)))).toEqual([how]);
});

describe('what people think of it', () => {
  const asks = (what: Reply) => rendered(what).blocks.some(({ type }) => type === 'context_actions');

  test('is asked below what the tutor says', () => {
    expect(rendered(reply('message', 'Well done.')).blocks.at(-1)).toEqual({
      type: 'context_actions',
      elements: [
        {
          ...{ type: 'feedback_buttons', action_id: `feedback:${threadId}` },
          positive_button: { text: { type: 'plain_text', text: 'Helpful' }, value: 'good' },
          negative_button: { text: { type: 'plain_text', text: 'Not helpful' }, value: 'bad' },
        },
      ],
    });
  });

  test.each(['plan', 'progress', 'summary', 'notice', 'card'] as const)('and not below a %s', (kind) => {
    expect(asks(reply(kind, 'Well done.'))).toBe(false);
  });
});

test.each([reply('message', ''), reply('summary', ' \n '), reply('plan', '', { plan: [], commands: ['hint'] })])(
  'nothing to show is no message',
  (empty) => {
    expect(renderReply(empty, context)).toEqual([]);
  },
);

test.each([
  ['', undefined],
  ['Half a sen', 'Half a sen'],
  ['Try:\n```py\nx = ', 'Try:\n```py\nx =\n```'],
])('a preview of %j', (text, how) => {
  expect(renderPreview(text)?.blocks[0]).toEqual(how && { type: 'markdown', text: how });
});

test('a message has one table at most, and none that is larger than Slack takes', () => {
  const table = '| a | b |\n|---|---|\n| 1 | 2 |';
  const code = '```\na  b\n─  ─\n1  2\n```';
  const context = { threadId: 'C1:1.2', words: openWords().for('en') };
  const textOf = (text: string, closing: string) =>
    renderReply(reply('message', text, { closing }), context)
      .flatMap(({ blocks }) => blocks)
      .flatMap((block) => (block.type === 'markdown' ? [block.text] : []));
  expect(textOf(`${table}\n\nand\n\n${table}`, table)).toEqual([`${table}\n\nand\n\n${code}`, code]);
  expect(textOf(`${table}${'\n| 1 | 2 |'.repeat(100)}`, '')[0]).toMatch(/^```\na {2}b\n/);
});
