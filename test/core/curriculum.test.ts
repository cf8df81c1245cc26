import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import {
  findPack,
  loadCurriculum,
  matchTopic,
  misconceptionsOf,
  type PackStep,
  packPart,
  packQuestions,
  packStepOf,
  type Question,
} from '../../src/core/curriculum.ts';
import { SetupError } from '../../src/errors.ts';

const REAL = join(import.meta.dirname, '../../curriculum');
const curriculum = await loadCurriculum(REAL);
/** From here on a topic is taken as meant, also without a language model (core/phases/intake.ts). */
const SURE = 0.6;

const best = (wanted: string) => matchTopic(curriculum, wanted)[0] ?? null;

describe('a topic', () => {
  const names = curriculum.packs.flatMap((pack) =>
    [pack.id, pack.id.replaceAll('-', ' '), pack.title, ...pack.aliases].map((name) => [name, pack.id] as const),
  );
  test.each(names.filter(([name]) => !name.includes('-')))('%s is %s', (name, id) => {
    expect(best(name)).toMatchObject({ score: 1, pack: { id } });
    expect(best(`Hi, please teach me about ${name.toUpperCase()}!`)).toMatchObject({ score: 1, pack: { id } });
  });

  test.each([
    ['I want to learn fractions', 'fractions'],
    ['adding fractions with my daughter (8)', 'fractions'],
    ['FRACTIONS!!!', 'fractions'],
    ['the storming of the Bastille', 'french-revolution'],
    ['révolution française', 'french-revolution'],
    ['revolution francaise', 'french-revolution'],
    ['Estates-General', 'french-revolution'],
    ['what are the odds', 'probability'],
    ['how likely is it', 'probability'],
    ['Español', 'spanish-travel'],
    ['espanol', 'spanish-travel'],
    ['Spanish for my holiday', 'spanish-travel'],
  ])('%s means %s', (wanted, id) => {
    expect(best(wanted)).toMatchObject({ score: 1, pack: { id } });
  });

  test.each([
    ['fracions', 'fractions'],
    ['fractionss', 'fractions'],
    ['farctions', 'fractions'],
    ['teach me fracions please', 'fractions'],
    ['denominater', 'fractions'],
    ['probabilty', 'probability'],
    ['probibility', 'probability'],
    ['spansh', 'spanish-travel'],
    ['french revolutoin', 'french-revolution'],
    ['the frech revolution', 'french-revolution'],
    ['napoleons rise', 'french-revolution'],
    ['robespiere', 'french-revolution'],
  ])('%s, with a slip, means %s', (wanted, id) => {
    const match = best(wanted);
    expect(match?.pack.id).toBe(id);
    expect(match?.score).toBeGreaterThanOrEqual(SURE);
    expect(match?.score).toBeLessThan(1);
  });

  test.each([
    'learn french',
    'french',
    'french cooking',
    'french grammar',
    'the Russian revolution',
    'quantum physics',
    'chess for beginners',
    'friction',
    'chemical reactions',
    'political factions',
    'the chancellor',
    'a chancellor',
    'portuguese for tourists',
    'history',
    'mathematics',
    'equal rights',
    'guitar chords',
    'baking bread',
    'world war two',
  ])('%s is no sure match', (wanted) => {
    expect(matchTopic(curriculum, wanted).filter(({ score }) => score >= SURE)).toEqual([]);
  });

  test.each(['', '   ', '!?', 'the', 'teach me some basics please', 'x', '量子力学'])(
    '%j comes near nothing',
    (wanted) => {
      expect(matchTopic(curriculum, wanted)).toEqual([]);
    },
  );

  test('what comes near is listed, best first', () => {
    expect(matchTopic(curriculum, 'learn french').map(({ pack }) => pack.id)).toEqual(['french-revolution']);
    const both = matchTopic(curriculum, 'spanish fracions').map(({ pack }) => pack.id);
    expect(both).toEqual(['spanish-travel', 'fractions']);
  });

  test('scores lie between 0 and 1, in order, whatever is typed', () => {
    const words = fc.constantFrom(...curriculum.packs.flatMap((pack) => pack.summary.split(' ')));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words, { maxLength: 6 }).map((some) => some.join(' ')),
    );
    fc.assert(
      fc.property(text, (wanted) => {
        const scores = matchTopic(curriculum, wanted).map(({ score }) => score);
        expect(scores.filter((score) => score <= 0.2 || score > 1)).toEqual([]);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      }),
    );
  });
});

describe('a pack', () => {
  const pack = findPack(curriculum, 'fractions');
  const step = pack?.steps[1];

  test('is found by its id', () => {
    expect(pack?.id).toBe('fractions');
    expect([findPack(curriculum, 'nothing'), findPack(curriculum, null)]).toEqual([null, null]);
  });

  test('has its steps and refreshers by id', () => {
    if (!pack || !step) throw new Error('no second step');
    expect(packPart(pack, step.id)).toBe(step);
    expect(packPart(pack, step.refresher.id)).toBe(step.refresher);
    expect([packStepOf(pack, step.id), packStepOf(pack, step.refresher.id)]).toEqual([step, step]);
    expect(packQuestions(pack, step.refresher.id)).toBe(step.refresher.questions);
    expect([packPart(pack, 'x'), packStepOf(pack, 'x'), packQuestions(pack, 'x')]).toEqual([null, null, []]);
  });

  test('tells which misconceptions a question reveals', () => {
    const base = {
      id: 'q',
      prompt: 'p',
      difficulty: 'easy',
      hints: ['1', '2', '3'],
      explanation: 'e',
    } satisfies Partial<Question>;
    const choices = [
      { id: 'a', text: 'one', misconception: 'm' },
      { id: 'b', text: 'two' },
    ];
    expect(misconceptionsOf({ ...base, kind: 'choice', choices, answer: 'b' })).toEqual(['m']);
    const wrong = [{ answer: '4', misconception: 'n' }];
    expect(misconceptionsOf({ ...base, kind: 'numeric', answer: '3', tolerance: 0, wrong })).toEqual(['n']);
  });
});

const made: string[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map((directory) => rm(directory, { recursive: true })));
});

interface RawPack {
  id: string;
  steps: PackStep[];
}

async function copyOf(...folders: string[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'threadtutor-curriculum-'));
  made.push(directory);
  for (const folder of folders) await cp(join(REAL, folder), join(directory, folder), { recursive: true });
  return directory;
}

async function complaintsAbout(directory: string): Promise<readonly string[]> {
  const failure: unknown = await loadCurriculum(directory).then(
    () => null,
    (error) => error,
  );
  if (failure instanceof SetupError) return failure.sentences;
  throw failure ?? new Error('no complaint');
}

async function spoil(directory: string, folder: string, change: (pack: RawPack) => void): Promise<void> {
  const file = join(directory, folder, 'pack.yaml');
  const pack = parse(await readFile(file, 'utf8'));
  change(pack);
  await writeFile(file, stringify(pack));
}

function part<T>(list: readonly T[], index: number): T {
  const item = list.at(index);
  if (item === undefined) throw new Error(`nothing at ${index}`);
  return item;
}
const firstStep = (pack: RawPack) => part(pack.steps, 0);
const questionOf = (pack: RawPack, kind: Question['kind']) => {
  const found = firstStep(pack).questions.find((question) => question.kind === kind);
  if (!found) throw new Error(`no ${kind} question`);
  return found;
};

describe('loading', () => {
  test('the real packs load, by folder', async () => {
    const { packs } = await loadCurriculum(await copyOf('spanish-travel', 'fractions'));
    expect(packs.map(({ id }) => id)).toEqual(['fractions', 'spanish-travel']);
    expect(part(packs, 0).guideline).toContain('#');
  });

  test.each<[string, (pack: RawPack) => void, string]>([
    ['another id', (pack) => Object.assign(pack, { id: 'dice' }), ': its id is "dice"'],
    ['a bad id', (pack) => Object.assign(pack, { id: 'My Dice' }), ': id: use lower-case words joined by hyphens'],
    [
      'no id',
      (pack) => Object.assign(pack, { id: undefined }),
      ': id: Invalid input: expected string, received undefined',
    ],
    [
      'an unknown misconception behind an answer',
      (pack) => Object.assign(questionOf(pack, 'numeric'), { id: 'q', wrong: [{ answer: '1', misconception: 'm' }] }),
      ': question "q" names an unknown misconception "m"',
    ],
    [
      'an unknown misconception behind a choice',
      (pack) => {
        const question = Object.assign(questionOf(pack, 'choice'), { id: 'q' });
        if (question.kind === 'choice') Object.assign(part(question.choices, 0), { misconception: 'm' });
      },
      ': question "q" names an unknown misconception "m"',
    ],
    [
      'an unknown misconception in a refresher',
      (pack) => {
        const question = Object.assign(part(firstStep(pack).refresher.questions, 0), { id: 'q' });
        const wrong = { any: ['x'], answer: 'x', misconception: 'm' };
        if (question.kind === 'choice') Object.assign(part(question.choices, 0), { misconception: 'm' });
        else if (question.kind === 'open') question.wrong = [{ any: wrong.any, misconception: 'm' }];
        else question.wrong = [{ answer: wrong.answer, misconception: 'm' }];
      },
      ': question "q" names an unknown misconception "m"',
    ],
    [
      'two steps with one id',
      (pack) => Object.assign(part(pack.steps, 1), { id: firstStep(pack).id }),
      ': the id "first" is used twice',
    ],
    [
      'two questions with one id',
      (pack) => {
        for (const step of pack.steps.slice(0, 2)) Object.assign(part(step.questions, 0), { id: 'twin' });
      },
      ': the id "twin" is used twice',
    ],
    [
      'a refresher with its step’s id',
      (pack) => Object.assign(firstStep(pack).refresher, { id: firstStep(pack).id }),
      ': the id "first" is used twice',
    ],
    [
      'two misconceptions with one id',
      (pack) => firstStep(pack).misconceptions.push(part(firstStep(pack).misconceptions, 0)),
      ': step "first": two misconceptions share an id',
    ],
    [
      'an answer that is no choice',
      (pack) => Object.assign(questionOf(pack, 'choice'), { id: 'q', answer: 'f' }),
      ': question "q": its answer is not one of its choices',
    ],
    [
      'two choices with one letter',
      (pack) => {
        const choices = [
          { id: 'a', text: 'One' },
          { id: 'a', text: 'Two' },
        ];
        Object.assign(questionOf(pack, 'choice'), { id: 'q', answer: 'a', choices });
      },
      ': question "q": two choices share an id',
    ],
    [
      'questions of one kind',
      (pack) => {
        const question = { ...questionOf(pack, 'numeric'), wrong: [] };
        firstStep(pack).questions = ['a', 'b', 'c', 'd'].map((id) => ({ ...question, id }) as Question);
      },
      ': step "first" needs questions of at least three kinds',
    ],
    [
      'an unknown field',
      (pack) => Object.assign(firstStep(pack), { colour: 'red' }),
      ': steps.0: Unrecognized key: "colour"',
    ],
    [
      'too few aliases',
      (pack) => Object.assign(pack, { aliases: ['a', 'b'] }),
      ': aliases: Too small: expected array to have >=3 items',
    ],
  ])('stops at %s', async (_, change, sentence) => {
    const directory = await copyOf('probability');
    await spoil(directory, 'probability', (pack) => {
      Object.assign(firstStep(pack), { id: 'first' });
      change(pack);
    });
    expect(await complaintsAbout(directory)).toEqual([`curriculum/probability${sentence}`]);
  });

  test('stops at a missing file, broken YAML and a wrong id at once', async () => {
    const directory = await copyOf('fractions', 'probability', 'spanish-travel');
    await rm(join(directory, 'fractions/guideline.md'));
    await writeFile(join(directory, 'probability/pack.yaml'), 'id: [probability\ntitle: x');
    await spoil(directory, 'spanish-travel', (pack) => Object.assign(pack, { id: 'spanish' }));
    const sentences = await complaintsAbout(directory);
    expect(sentences).toEqual([
      expect.stringMatching(/^curriculum\/fractions needs a sound pack.yaml and a guideline.md \(ENOENT: .*\)\.$/),
      expect.stringMatching(/^curriculum\/probability needs a sound pack.yaml and a guideline.md \(.+\)\.$/),
      'curriculum/spanish-travel: its id is "spanish"',
    ]);
    expect(sentences.join('')).not.toContain('\n');
  });
});
