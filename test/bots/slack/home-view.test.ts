import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HomeContent, homeView } from '../../../src/bots/slack/interactions/home-view.ts';
import { openWords } from '../../../src/bots/words.ts';
import { type LessonState, newLesson, type Step } from '../../../src/core/lesson.ts';
import { newStep } from '../../../src/core/plan.ts';
import { settingsOf } from '../../../src/core/settings.ts';
import { anyBilling } from '../../support/slack-billing-views.ts';
import { calls, someText, textsIn } from '../../support/slack-surface.ts';
import { checkView } from '../../twins/slack/view-forms.ts';

const words = openWords();
const empty: HomeContent = { lessons: [], reviews: [], wishes: {}, workspace: null };

const step = (title: string, status: Step['status']): Step => ({
  ...newStep({ id: title, title, objective: '', approach: '', criteria: '', source: null, needed: 2 }),
  status,
});
const lessonOn = (topic: string | null, more: Partial<LessonState> = {}): LessonState => ({
  ...newLesson(),
  phase: 'teaching',
  preferences: { ...newLesson().preferences, topic },
  ...more,
});

/** Words, buttons in brackets, and where links lead to, in the order in which they stand there. */
function seen(content: Partial<HomeContent>, locale = 'en'): string {
  const { blocks } = homeView({ ...empty, ...content }, words.for(locale));
  return blocks.map((block) => shown(block)).join('\n');
}

function shown(part: unknown): string {
  if (typeof part !== 'object' || part === null) return '';
  const { type, text, elements, accessory, url } = part as Record<string, unknown>;
  if (type === 'button') return `[${wordsIn(text)}${url ? ` → ${url}` : ''}]`;
  if (type === 'divider') return '---';
  const inside = [accessory, ...(Array.isArray(elements) ? elements : [])].map(shown).filter(Boolean).join(' ');
  return [wordsIn(text), inside].filter(Boolean).join('\n');
}

const wordsIn = (text: unknown) =>
  typeof text === 'string' ? text : String((text as { text?: string } | undefined)?.text ?? '');

test('somebody who has had no lesson reads how to have one', () => {
  expect(seen({})).toMatchInlineSnapshot(`
    "Your tutor
    [Start a lesson]
    Your lessons
    You have had no lesson yet. Start one here, or write to me in my messages.
    How I teach you
    What should I call you? *–*
    How should I be? *–*
    How do you like to learn? *–*
    Which language should I teach in? *–*
    [Change this…] [Send me my data] [Forget me]"
  `);
});

test('lessons, what is due, wishes, and for an admin what holds for all', () => {
  const steps = [step('Halves', 'completed'), step('Thirds', 'in_progress'), step('Quarters', 'pending')];
  const content: HomeContent = {
    lessons: [
      { threadId: 'C1:1.2', state: lessonOn('Fractions', { steps }), link: 'https://school.slack.com/archives/C1/p12' },
      { threadId: 'D1:3.4', state: lessonOn('*Maths* & <more>', { steps, paused: true }), link: null },
      { threadId: 'D1:5.6', state: lessonOn(null, { phase: 'ended' }), link: null },
    ],
    reviews: [{ topic: 'Probability', titles: ['Dice', 'Coins'] }],
    wishes: { nickname: 'Addie', style: 'with _football_' },
    workspace: {
      settings: settingsOf({ channels: ['C1', 'C2'], starters: ['U1'], homeworkGuard: true, monthlyBudget: 20 }),
      month: { spent: 1.234, lessons: 7, learners: 3 },
      billing: null,
    },
  };
  expect(seen(content)).toMatchInlineSnapshot(`
    "Your tutor
    [Start a lesson]
    Time to look at again
    *Probability*
    Dice; Coins
    [Review]
    Your lessons
    *Fractions*
    ▰▱▱ 1/3
    Under way · Step 2 of 3
    [Open the lesson → https://school.slack.com/archives/C1/p12]
    *Maths &amp; &lt;more&gt;*
    ▰▱▱ 1/3
    Paused · Step 2 of 3
    [Go on]
    *New lesson*
    Ended
    How I teach you
    What should I call you? *Addie*
    How should I be? *–*
    How do you like to learn? *with football*
    Which language should I teach in? *–*
    [Change this…] [Send me my data] [Forget me]
    ---
    The tutor in this workspace
    Channels where lessons may start: <#C1>, <#C2>
    People who may start lessons: <@U1>
    Language, unless a learner says otherwise: *–*
    Character, unless a learner says otherwise: *–*
    Homework guard: hints instead of solutions: *On*
    *This month*
    Lessons begun: 7 · People learning: 3 · Spent: $1.23
    The budget of a month is $20.00.
    Whoever runs this tutor pays for it: there is nothing to pay here, and everything is switched on.
    [Change the workspace…]"
  `);
});

describe.each(['en', 'de', 'es', 'fr', 'pt-BR', 'ja'])('%s', (locale) => {
  test('whatever there is to show, Slack takes it, and it calls nobody', () => {
    const text = fc.oneof(someText, fc.string({ minLength: 1 }));
    const state = fc
      .record({
        topic: fc.option(text),
        titles: fc.array(text, { maxLength: 12 }),
        phase: fc.constantFrom('intake', 'teaching', 'answering', 'completed', 'ended'),
        paused: fc.boolean(),
      })
      .map(({ topic, titles, ...more }) =>
        lessonOn(topic, { ...more, steps: titles.map((title, index) => step(title, index ? 'pending' : 'completed')) }),
      );
    const content: fc.Arbitrary<HomeContent> = fc.record({
      lessons: fc.array(fc.record({ threadId: fc.constant('C1:1.2'), state, link: fc.option(fc.webUrl()) }), {
        maxLength: 5,
      }),
      reviews: fc.array(fc.record({ topic: text, titles: fc.array(text, { minLength: 1 }) }), { maxLength: 30 }),
      wishes: fc.record({ nickname: text, character: text, style: text, language: text }),
      workspace: fc.option(
        fc.record({
          settings: fc
            .record({
              channels: fc.constant(Array.from({ length: 200 }, (_, n) => `C${n}`)),
              language: fc.string({ maxLength: 40 }),
              character: fc.string({ maxLength: 200 }),
            })
            .map(settingsOf),
          month: fc.record({
            spent: fc.double({ min: 0, max: 1e6, noNaN: true }),
            lessons: fc.nat(),
            learners: fc.nat(),
          }),
          billing: fc.option(anyBilling(words.for(locale), locale)),
        }),
      ),
    });
    fc.assert(
      fc.property(content, (any) => {
        const view = homeView(any, words.for(locale));
        expect(checkView(view, 'home')).toEqual([]);
        expect(textsIn(view).flatMap(calls)).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
