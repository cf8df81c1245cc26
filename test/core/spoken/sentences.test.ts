import { describe, expect, test } from 'vitest';
import { type AskedQuestion, type PlanLine, reply } from '../../../src/core/messages.ts';
import type { SpokenSentence } from '../../../src/core/ports.ts';
import { spokenSentences } from '../../../src/core/spoken/sentences.ts';

const heard = (sentences: readonly SpokenSentence[]) => sentences.map(({ text }) => text);
const ssml = (markdown: string, language = 'en') => spokenSentences(markdown, { language }).map((each) => each.ssml);

const pizza: AskedQuestion = {
  id: 'pizza',
  kind: 'choice',
  prompt: '**What fraction of the pizza does Mia eat?**',
  choices: [
    { id: 'a', text: '6/1' },
    { id: 'b', text: '1/6' },
    { id: 'c', text: '2 * 3 = 6' },
    { id: 'd', text: '=' },
  ],
};
const line = (title: string, status: PlanLine['status'] = 'pending'): PlanLine => ({
  ...{ title, objective: `learn about ${title}`, status, mastery: null, right: 0, wrong: 0 },
});

describe('a reply', () => {
  test('asks its question after a pause, choice by choice, and leaves time to think', () => {
    const progress = { step: 1, of: 4, title: 'What a fraction means' };
    const asked = reply('message', 'Right you are.', { question: pizza, progress, commands: ['hint'] });
    const sentences = spokenSentences(asked, { language: 'en' });
    expect(heard(sentences)).toEqual([
      'Right you are.',
      'Step 1 of 4.',
      'What fraction of the pizza does Mia eat?',
      'A: 6 over 1.',
      'B: one sixth.',
      'C: 2 times 3 equals 6.',
      'D: equals.',
    ]);
    const ordinary = spokenSentences('Right you are.', { language: 'en' })[0]?.pauseMs ?? 0;
    expect(sentences[0]?.pauseMs).toBeGreaterThan(ordinary);
    expect(sentences.at(-1)?.pauseMs).toBeGreaterThan(sentences[0]?.pauseMs ?? 0);
  });

  test.each([
    ['de', ['Schritt 1 von 4.', 'Wie viel?', 'A: ein Sechstel.', 'B: zwei Drittel.']],
    ['es', ['Paso 1 de 4.', 'Wie viel?', 'A: un sexto.', 'B: dos tercios.']],
    ['fr', ['Wie viel?', 'A: 1/6.', 'B: 2/3.']],
  ])('asks in %s', (language, said) => {
    const choices = [
      { id: 'one-sixth', text: '1/6' },
      { id: 'b', text: '2/3' },
    ];
    const question = { ...pizza, prompt: 'Wie viel?', choices };
    const asked = reply('message', '', { question, progress: { step: 1, of: 4, title: 'Titel' } });
    expect(heard(spokenSentences(asked, { language }))).toEqual(said);
  });

  test('says a plan that waits for approval, and what can be said to it', () => {
    const plan = reply('plan', '**Fractions**', {
      plan: [line('Halves.'), line('Which is bigger?')],
      closing: 'Shall we start? Say **approve**, or tell me what to change.',
    });
    expect(heard(spokenSentences(plan, { language: 'en' }))).toEqual([
      'Fractions.',
      'The plan has 2 steps.',
      'Step 1: Halves.',
      'Learn about Halves.',
      'Step 2: Which is bigger?',
      'Learn about Which is bigger?',
      'Shall we start?',
      'Say approve, or tell me what to change.',
    ]);
  });

  test.each([
    ['en', 'Step 1: Halves, done.', 'Step 2: Thirds, under way.', 'Step 3: Rest, not done yet.'],
    ['de', 'Schritt 1: Halves, fertig.', 'Schritt 2: Thirds, in Arbeit.', 'Schritt 3: Rest, noch nicht fertig.'],
    ['es', 'Paso 1: Halves, hecho.', 'Paso 2: Thirds, en curso.', 'Paso 3: Rest, todavía sin hacer.'],
    ['fr', '1: Halves.', '2: Thirds.', '3: Rest.'],
  ])('says in %s which steps of a card are done', (language, ...steps) => {
    const plan = [line('Halves', 'completed'), line('Thirds', 'in_progress'), line('Rest')];
    const sentences = heard(spokenSentences(reply('card', 'Fractions', { plan }), { language }));
    expect(sentences).toEqual(expect.arrayContaining(['Fractions.', ...steps]));
  });

  test('says progress once, in the words that it has', () => {
    const text = '**Progress:** 1 of 2 steps\n\n- ✓ Halves: mastery 67% (1 right, 0 wrong)\n- · Thirds: not checked';
    const progress = reply('progress', text, { plan: [line('Halves', 'completed'), line('Thirds')] });
    expect(heard(spokenSentences(progress, { language: 'en' }))).toEqual([
      'Progress: 1 of 2 steps.',
      'done: Halves: mastery 67 percent (1 right, 0 wrong).',
      'Thirds: not checked.',
    ]);
  });
});

describe('SSML', () => {
  test.each([
    ['Tom & "Ada": x < 3', 'Tom and &quot;Ada&quot;: x is less than 3.'],
    ["It's **very** big", 'It&apos;s <emphasis level="moderate">very</emphasis> big.'],
    ['**All of it.**', 'All of it.'],
    ['a **b. C** d', 'a <emphasis level="moderate">b.</emphasis>'],
    ['<break time="9s"/>quiet</speak>', 'break time equals &quot;9s&quot;/ quiet speak.'],
    ['1. Check', '1: <break time="200ms"/>Check.'],
    ['\ue000private\ue001 \ue010use', 'private use.'],
  ])('%s', (markdown, said) => {
    expect(ssml(markdown)[0]).toBe(said);
  });

  test('of another language escapes the signs that are left', () => {
    expect(ssml('a < b & c', 'fr')).toEqual(['a &lt; b &amp; c.']);
  });

  test('spells the letter of a choice, so that it is no article', () => {
    const asked = spokenSentences(reply('message', '', { question: pizza }), { language: 'en' });
    expect(asked[1]?.ssml).toBe('<say-as interpret-as="characters">A</say-as>: <break time="200ms"/>6 over 1.');
  });
});

describe('pauses', () => {
  test('are longest around headings, and shorter in lists than between paragraphs', () => {
    const markdown = 'Before.\n\n## Heading\n\nFirst. Second.\n\n- item\n- item\n\nLast.';
    const pauses = spokenSentences(markdown, { language: 'en' }).map(({ pauseMs }) => pauseMs);
    const [before = 0, heading = 0, first = 0, second = 0, item = 0] = pauses;
    expect(pauses).toHaveLength(7);
    expect(Math.min(before, heading)).toBeGreaterThan(second);
    expect(second).toBeGreaterThan(item);
    expect(item).toBeGreaterThan(first);
  });
});

describe('a long sentence', () => {
  const clause = 'this clause goes on for about fifty characters, ';

  test('is said clause by clause', () => {
    const long = `${clause.repeat(9)}and ends; ${clause.repeat(2)}really.`;
    const sentences = spokenSentences(long, { language: 'en' });
    expect(sentences.length).toBeGreaterThan(1);
    expect(sentences.slice(0, -1).every(({ text }) => /[,;]$/.test(text) && text.length <= 300)).toBe(true);
    expect(heard(sentences).join(' ')).toBe(long);
  });

  test('without commas is cut between words, and without spaces between characters', () => {
    const words = spokenSentences('word '.repeat(200), { language: 'en' });
    expect(heard(words).join(' ')).toBe(`${'word '.repeat(200).trim()}.`);
    const faces = spokenSentences('数'.repeat(1000), { language: 'ja' });
    expect(heard(faces).join('')).toBe('数'.repeat(1000));
    expect(heard(faces).every((text) => text.length <= 300)).toBe(true);
  });
});
