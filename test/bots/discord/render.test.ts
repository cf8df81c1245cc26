import { ButtonStyle, ComponentType, type RESTPostAPIChannelMessageJSONBody } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import { decode } from '../../../src/bots/discord/replies/buttons.ts';
import type { RenderContext } from '../../../src/bots/discord/replies/controls.ts';
import { renderPreview, renderReply } from '../../../src/bots/discord/replies/render.ts';
import { openWords } from '../../../src/bots/words.ts';
import { type AskedQuestion, type PlanLine, type Reply, reply } from '../../../src/core/messages.ts';
import { refusals } from '../../support/discord-limits.ts';

const words = openWords();
const context: RenderContext = { threadId: '1234', words: words.for('en'), needsButtons: false };

/** The only message of a reply. */
function rendered(what: Reply, more: Partial<RenderContext> = {}): RESTPostAPIChannelMessageJSONBody {
  const messages = renderReply(what, { ...context, ...more });
  expect(messages).toHaveLength(1);
  const [message = {}] = messages;
  expect(refusals(message)).toEqual([]);
  expect(message.allowed_mentions).toEqual({ parse: [] });
  return message;
}

/** The labels of each row; a menu in brackets. */
function labels({ components = [] }: RESTPostAPIChannelMessageJSONBody): string[][] {
  return components.map((row) =>
    row.type === ComponentType.ActionRow
      ? row.components.map((each) => {
          if (each.type === ComponentType.StringSelect) return `[${each.options.map(({ label }) => label).join(', ')}]`;
          return 'label' in each ? (each.label ?? '') : '';
        })
      : [],
  );
}

function buttonsOf({ components = [] }: RESTPostAPIChannelMessageJSONBody) {
  return components
    .flatMap((row) => (row.type === ComponentType.ActionRow ? row.components : []))
    .flatMap((each) => (each.type === ComponentType.Button && 'custom_id' in each ? [each] : []));
}

function actions(message: RESTPostAPIChannelMessageJSONBody) {
  return buttonsOf(message).map((each) => decode(each.custom_id)?.action);
}

function asked(kind: AskedQuestion['kind'], prompt: string, ...choices: string[]): AskedQuestion {
  return {
    id: 'q1',
    kind,
    prompt,
    choices: choices.map((text, index) => ({ id: 'abcdefghijklmnop'.charAt(index), text })),
  };
}

function line(title: string, status: PlanLine['status'], right = 0, wrong = 0): PlanLine {
  const mastery = right + wrong > 0 ? right / (right + wrong) : null;
  return { title, objective: `Understand ${title.toLowerCase()}`, status, mastery, right, wrong };
}

const plan = [line('Halves', 'completed', 4, 1), line('Quarters', 'in_progress'), line('Thirds', 'pending')];

describe('a question', () => {
  const inLesson = (question: AskedQuestion, more: Partial<Reply> = {}) =>
    reply('message', 'Well done.', {
      question,
      progress: { step: 2, of: 4, title: 'Halves' },
      commands: ['hint', 'skip', 'pause'],
      ...more,
    });

  test('with short choices has them on its buttons', () => {
    const message = rendered(inLesson(asked('choice', 'Which is larger?', '3/8', 'x**2 + y**2', 'Equal')));
    expect(message.content).toBe('Well done.\n\n-# Step 2 of 4 · Halves\n**Which is larger?**');
    expect(labels(message)).toEqual([
      ['A · 3/8', 'B · x**2 + y**2', 'C · Equal'],
      ['Hint', 'Skip', 'Stop'],
    ]);
    expect(actions(message).slice(0, 2)).toEqual([
      { type: 'choice', questionId: 'q1', choiceId: 'a' },
      { type: 'choice', questionId: 'q1', choiceId: 'b' },
    ]);
    expect(new Set(buttonsOf(message).map(({ style }) => style))).toEqual(new Set([ButtonStyle.Secondary]));
  });

  test.each([
    [
      'long',
      'three, which is a rather long thing to say here',
      '**A)** three, which is a rather long thing to say here',
    ],
    ['code', '`x = 1`', '**A)** `x = 1`'],
    ['several lines', '```\nx = 1\n```', '**A)**\n```\nx = 1\n```'],
  ])('with a choice that is %s has them in its text', (_, choice, shown) => {
    const message = rendered(inLesson(asked('choice', 'Which one?', choice, 'four')));
    expect(message.content).toBe(`Well done.\n\n-# Step 2 of 4 · Halves\n**Which one?**\n${shown}\n**B)** four`);
    expect(labels(message)[0]).toEqual(['A', 'B']);
  });

  test('with many choices has rows of five, then a menu', () => {
    const many = (count: number) => asked('choice', 'Which?', ...Array.from({ length: count }, (_, at) => `no. ${at}`));
    expect(labels(rendered(inLesson(many(7)))).map((row) => row.length)).toEqual([5, 2, 3]);
    const menu = rendered(inLesson(many(11)));
    expect(labels(menu)[0]?.[0]).toMatch(/^\[A · no\. 0, B · no\. 1, .*K · no\. 10\]$/);
    expect(menu.content).toContain('**K)** no. 10');
  });

  test('is not taken for code because of its step', () => {
    const progress = { step: 1, of: 2, title: 'Code in\n```' };
    expect(rendered(inLesson(asked('short', 'Who?'), { progress })).content).toBe(
      'Well done.\n\n-# Step 1 of 2 · Code in\n**Who?**',
    );
  });

  test('whose ids are too long is answered by letters', () => {
    const message = rendered(inLesson({ ...asked('choice', 'Which?', 'one', 'two'), id: 'q'.repeat(90) }));
    expect(message.content).toContain('**A)** one\n**B)** two');
    expect(labels(message)).toEqual([['Hint', 'Skip', 'Stop']]);
  });

  test.each([
    ['a plain line', 'What is half of 6?', '**What is half of 6?**'],
    ['marks', 'What is `2 * 3`?', 'What is `2 * 3`?'],
    ['lines', 'What does it show?\n```\nx\n```\n', 'What does it show?\n```\nx\n```'],
  ])('is bold where it is one plain line: %s', (_, prompt, shown) => {
    expect(rendered(inLesson(asked('numeric', prompt))).content).toBe(
      `Well done.\n\n-# Step 2 of 4 · Halves\n${shown}`,
    );
  });

  test('that wants many words can be answered in a modal; others are typed', () => {
    expect(labels(rendered(inLesson(asked('open', 'Why?'))))).toEqual([['Write…', 'Hint', 'Skip', 'Stop']]);
    expect(labels(rendered(inLesson(asked('short', 'Who?'))))).toEqual([['Hint', 'Skip', 'Stop']]);
    expect(actions(rendered(inLesson(asked('open', 'Why?'))))[0]).toEqual({ type: 'write', questionId: 'q1' });
    const longId = rendered(inLesson({ ...asked('open', 'Why?'), id: 'q'.repeat(90) }));
    expect(actions(longId)[0]).toEqual({ type: 'write', questionId: '' });
  });

  test('has a button to write with where typing is not read', () => {
    const needsButtons = { needsButtons: true };
    expect(labels(rendered(inLesson(asked('numeric', 'How many?')), needsButtons))[0]?.[0]).toBe('Write…');
    const choice = rendered(inLesson(asked('choice', 'Which?', 'one', 'two')), needsButtons);
    expect(labels(choice)[1]).toEqual(['Hint', 'Skip', 'Stop', 'Write to the tutor…']);
    expect(labels(rendered(reply('message', 'Tell me more.'), needsButtons))).toEqual([['Write to the tutor…']]);
  });

  test('too long for the words before it has a message of its own, with the buttons', () => {
    const long = inLesson(asked('choice', 'Which?', 'one', 'two'), {
      text: 'Long words. '.repeat(165),
      closing: 'Bye.',
    });
    const [first, second, ...none] = renderReply(long, context);
    expect(none).toEqual([]);
    expect(first).toEqual({ content: 'Long words. '.repeat(165).trim(), allowed_mentions: { parse: [] } });
    expect(second?.content).toBe('-# Step 2 of 4 · Halves\n**Which?**\n\nBye.');
    expect(labels(second ?? {})).toEqual([
      ['A · one', 'B · two'],
      ['Hint', 'Skip', 'Stop'],
    ]);
  });
});

describe('a plan', () => {
  const planned = reply('plan', 'My plan:', {
    plan,
    closing: 'Shall we start?',
    commands: ['approve', 'easier', 'harder', 'another', 'questions'],
  });

  test('is a card below the words', () => {
    const message = rendered(planned);
    expect(message.content).toBe('My plan:\n\nShall we start?');
    expect(message.embeds).toMatchObject([
      {
        title: 'Your plan',
        description: [
          ...['✅ **1. Halves**', 'Understand halves', '▶️ **2. Quarters**', 'Understand quarters'],
          ...['▫️ **3. Thirds**', 'Understand thirds'],
        ].join('\n'),
      },
    ]);
  });

  test('that waits can be changed in words', () => {
    const message = rendered(planned);
    expect(labels(message)).toEqual([['Start', 'Easier', 'Harder', 'Another plan', 'Questions only'], ['Change…']]);
    expect(buttonsOf(message)[0]?.style).toBe(ButtonStyle.Primary);
    expect(labels(rendered({ ...planned, commands: ['hint'] }))).toEqual([['Hint']]);
  });

  test('speaks the language of the learner', () => {
    const message = rendered(planned, { words: words.for('de') });
    expect(message.embeds?.[0]?.title).toBe('Dein Plan');
    expect(labels(message)[0]?.slice(0, 2)).toEqual(['Anfangen', 'Leichter']);
  });
});

test('progress is a card with a bar for each step', () => {
  const message = rendered(reply('progress', 'The same in words.', { plan, closing: 'Still open: nothing.' }));
  expect(message.content).toBe('Still open: nothing.');
  expect(message.embeds?.[0]?.description).toBe(
    [
      ...['▰▱▱ 1/3', '', '✅ **1. Halves**', '▰▰▰▰▰▰▰▰▱▱ 80% · 4 right · 1 wrong'],
      ...['▶️ **2. Quarters**', 'not checked yet', '▫️ **3. Thirds**', 'not checked yet'],
    ].join('\n'),
  );
});

describe('a lesson’s card', () => {
  const card = reply('card', 'Fractions', {
    plan,
    standing: 'teaching',
    progress: { step: 2, of: 3, title: 'Quarters' },
    commands: ['pause', 'progress'],
  });

  test('has the topic, the plan and where the lesson stands', () => {
    const message = rendered(card, { needsButtons: true });
    expect(message).toMatchObject({ content: '', embeds: [{ title: 'Fractions' }] });
    expect(message.embeds?.[0]?.description).toBe(
      '▰▱▱ 1/3\n\n✅ **1. Halves**\n▶️ **2. Quarters**\n▫️ **3. Thirds**\n\n*Under way* · Step 2 of 3',
    );
    expect(labels(message)).toEqual([['Stop', 'Progress']]);
  });

  test('says so where there is nothing yet, and takes away what was there before', () => {
    expect(rendered(reply('card', ' '))).toMatchObject({
      content: '',
      embeds: [{ title: 'New lesson' }],
      components: [],
    });
  });
});

test.each([
  ['a plain line in small letters', 'One moment.', '-# One moment.'],
  ['anything longer as it is', 'One\nmoment.', 'One\nmoment.'],
])('a notice: %s', (_, text, shown) => {
  expect(rendered(reply('notice', text)).content).toBe(shown);
});

test.each([reply('message', ''), reply('summary', ' \n '), reply('plan', '', { plan: [], commands: ['hint'] })])(
  'nothing to show is no message',
  (empty) => {
    expect(renderReply(empty, context)).toEqual([]);
  },
);

describe('a preview', () => {
  test.each([
    ['', ''],
    ['Half a sen', 'Half a sen'],
    ['Try:\n```py\nx = ', 'Try:\n```py\nx =\n```'],
    ['#### So', '### So'],
  ])('of %j', (text, shown) => {
    expect(renderPreview(text)).toBe(shown);
  });

  test('of a long text ends where the first message will', () => {
    const shown = renderPreview('Some words. '.repeat(400));
    expect(shown).toMatch(/^(?:Some words\. ?){160,}\n…$/);
    expect(shown.length).toBeLessThanOrEqual(2000);
  });
});
