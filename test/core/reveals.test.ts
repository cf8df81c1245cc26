import { expect, test } from 'vitest';
import { type Question, questionSchema } from '../../src/core/curriculum.ts';
import { revealsAnswer } from '../../src/core/grading.ts';

const made = (kind: Question['kind'], prompt: string, key: object): Question =>
  questionSchema.parse({
    id: 'q',
    kind,
    prompt,
    difficulty: 'easy',
    hints: ['x', 'y', 'z'],
    explanation: 'So.',
    ...key,
  });
const choice = (prompt: string, answer: string, texts: string[]) =>
  made('choice', prompt, { answer, choices: texts.map((text, index) => ({ id: 'abcde'[index], text })) });
const numeric = (prompt: string, answer: string, unit?: string) =>
  made('numeric', prompt, { answer, ...(unit && { unit }) });
const short = (prompt: string, accept: string[], wrong: string[] = []) =>
  made('short', prompt, { accept, wrong: wrong.map((answer) => ({ answer, misconception: 'mixed-up' })) });

const organelle = choice('Which part of a plant cell makes sugar?', 'b', [
  'Mitochondrion',
  'The chloroplast',
  'Nucleus',
  'Cell wall',
]);
const fraction = choice('Which is the largest?', 'c', ['1/2', '2/3', '3/4']);
const equation = choice('Look at magnesium + oxygen → magnesium oxide. Which is the product?', 'a', [
  'The magnesium oxide',
  'The oxygen',
  'The arrow',
]);
const template = choice('What does print("The {animal} sleeps.") show?', 'b', [
  'The cat sleeps.',
  'The {animal} sleeps.',
  'Nothing',
]);
const quarters = numeric('What is 1/2 + 1/4?', '3/4');
const eggs = numeric('A box holds 24 eggs for 2 people. How many does each get?', '12');
const simplest = numeric('Simplify 12/16.', '3/4');
const biggest = numeric('Which of these is the biggest: 3/10, 9/10 or 6/10?', '9/10');
const program = numeric(
  'What does this program show?\n\n```\nfirst = 6\nsecond = first\nfirst = 10\nprint(second)\n```',
  '6',
);
const percent = numeric('What percentage of 40 is 10?', '25', '%');
const year = numeric('When did the war end?', '1945');
const powerhouse = short(
  'Which organelle releases energy?',
  ['mitochondria', 'mitochondrion'],
  ['chloroplast', 'nucleus'],
);
const sodium = short('What is the symbol of sodium?', ['Na'], ['So']);
const isPrime = short('Is 51 a prime number?', ['no'], ['yes']);
const print = short('Which call shows x?', ['print(x)'], ['print x']);
const combine = short('One word is missing: "I ___ the two probabilities."', ['multiply', 'times'], ['add']);
const troops = short('Who cleared the councils?', ['the army', 'the generals'], ['the people']);
const seasons = made('open', 'Why do we have seasons?', {
  reference: "The Earth's axis is tilted, so each half gets more direct sunlight in one part of the year.",
  points: [
    { point: 'tilt', any: ['tilt', 'axis leans'] },
    { point: 'light', any: ['direct', 'sunlight', 'rays'] },
  ],
});

// biome-ignore format: one line a text would be twice as long
const REVEALS: [question: Question, reveals: string[], tells: string[]][] = [
  [organelle,
    [
      'The answer is b.', 'The answer is **b**!', "It's b, well tried.", 'So it is b) The chloroplast.',
      'Choose option b.', 'b is the right answer.', 'Look at the chloroplast once more.',
      'Chloroplasts? No: the chloroplast.', 'It is not the nucleus but the chloroplast.',
      "It can't be a mitochondrion, the nucleus is not right, and the cell wall is wrong."
    ],
    [
      'Which part is green?', 'Compare the nucleus with the others.', 'Is it the mitochondrion or the chloroplast?',
      'a) Mitochondrion\nb) The chloroplast\nc) Nucleus\nd) Cell wall', 'The nucleus holds the plan of the cell.',
      'Compare option a with option b.', 'A cell is a busy place, but which part of it traps light?',
      'You have the right to choose any letter.'
    ],
  ],
  [fraction,
    ['Take a close look at 3/4.', 'The largest is c.', 'The answer is c) 3/4.', 'It has to be 3/4.'],
    ['Bring 1/2, 2/3 and 3/4 to twelfths.', 'Is 1/2 more than 2/3?', 'Draw a bar with 12 parts.'],
  ],
  [quarters,
    [
      'It is 3/4.', '3/4', 'That makes 6/8.', 'Think of 0.75.', 'So 75%.', 'That is three quarters.', '½ + ¼ = ¾',
      'You get 3 out of 4 parts.'
    ],
    [
      'What is 1/2 + 1/4?', 'Write 1/2 as 2/4 first.', 'Both must have the bottom number 4.',
      'Now 2 + 1 on top: how many quarters is that?', 'You have 3 tries and 4 hints.', 'No, 2/6 is less than 1/2.'
    ],
  ],
  [eggs,
    [
      'The answer is 12.', 'So each gets 12.', '24 / 2 = 12', 'Half of 24 is twelve, so it is 12.',
      'That makes twelve.'
    ],
    [
      'Share 24 between 2.', 'How much is 24/2?', 'Is it more than 12 or less?', 'Step 12 of 20.',
      '12 is not bad as a first guess for the box.', 'Take half of 24.'
    ],
  ],
  [simplest,
    ['12/16 = 3/4', 'It reduces to 3/4.', 'Half of it is 6/8.'],
    [
      'Divide the top and the bottom of 12/16 by the same number.', 'Simplify 12/16.',
      'Which number divides 12 and 16?'
    ],
  ],
  [percent,
    ['25%', 'It is 25 percent.', 'a quarter, so 25', 'That is 0.25 of it.'],
    ['10 out of how many?', 'What part of 40 is 10?'],
  ],
  [year, ['It ended in 1945.', 'Think of 1945.'], ['It was in the 1940s.', 'Between 1939 and 1950.']],
  [powerhouse,
    [
      'Mitochondria!', 'Think about the mitochondria.', 'a mitochondrion does', 'The answer is "mitochondria".',
      'Not the nucleus: mitochondria do.'
    ],
    ['It begins with m.', 'The nucleus does not.', 'It has two membranes.', 'Is it the chloroplast?'],
  ],
  [sodium,
    ['The answer is Na.', 'The symbol is Na.', 'Use `Na`.', 'So it is Na.'],
    ['It comes from Latin natrium.', 'Na, na, think again!', 'Two letters.'],
  ],
  [isPrime,
    ['The answer is no.', 'So the answer is **no**.'],
    ['No problem, try again!', 'There is no rush.', 'Is it divisible by 3?', 'Yes or no?'],
  ],
  [print, ['print(x)', 'Type `print(x)` now.'], ['Which word shows something?', 'Print it on paper.']],
  [short('Is it ser or estar for a mood?', ['estar'], ['ser']),
    ['The answer is estar.', 'So use estar.'],
    ['Is it ser or estar?', 'Ser is for what lasts, estar for what passes.', 'When do you use estar?'],
  ],
  [seasons,
    [
      "Remember: the Earth's axis is tilted, so each half gets more direct sunlight in one part of the year.",
      'The axis of the Earth is tilted, so in one part of the year each half gets more direct sunlight.'
    ],
    [
      'How does the Earth stand?', 'Think of the tilt.', 'Is it about direct sunlight?',
      'What does the axis do to the sunlight in each half of the year?'
    ],
  ],
  [equation,
    ['The answer is the magnesium oxide.', 'a is right.'],
    [
      'Look at magnesium + oxygen → magnesium oxide. Which is the product?', 'What stands behind the arrow?',
      'Magnesium oxide and oxygen: which of them is new?'
    ],
  ],
  [template,
    ["So it's The {animal} sleeps.", 'The answer is **The {animal} sleeps.**.'],
    ['Is there a letter before the quote of print("The {animal} sleeps.")?'],
  ],
  [biggest,
    ['9/10 is the answer.', 'So it is 9/10.', 'It must be 0.9.', 'That is 90%.'],
    ['Compare 9/10 with 6/10.', 'All of them are tenths: 3/10, 6/10, 9/10.', 'Look at the tops 3, 9 and 6.'],
  ],
  [program,
    ['The answer is 6.', 'So it is 6.'],
    [
      'Start: first = 6',
      'Let us read it again: What does this program show?\n\n```\nfirst = 6\nsecond = first\nfirst = 10\nprint(second)\n```',
      'What is in second after line 2?'
    ],
  ],
  [combine,
    ['You multiply them.', 'The word is multiply.'],
    ['Take your time.', 'Do you add or multiply here?', 'Is one event after another rarer or not?'],
  ],
  [troops, ['It was the army.', 'Generals did it.'], ['Look at the Estates-General of 1789.', 'They wear uniforms.']],
];

const revealRows = REVEALS.flatMap(([question, reveals, tells]) => [
  ...reveals.map((text) => [question.kind, text, true, question] as const),
  ...tells.map((text) => [question.kind, text, false, question] as const),
]);

test.each(revealRows)('%s: %j gives the answer away: %s', (_kind, text, expected, question) => {
  expect(revealsAnswer(question, text)).toBe(expected);
});
