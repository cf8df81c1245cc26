import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isApproval, parseCommand } from '../../src/core/commands.ts';
import type { CommandName } from '../../src/core/messages.ts';

const WORDS: Record<CommandName, string[]> = {
  approve: ['approve', 'Approved!'],
  easier: ['easier', 'make it easier', 'Too hard', 'this is too hard.', 'ok easier please', "it's too hard for me"],
  harder: ['harder', 'make it harder', 'too easy', 'This is too easy!'],
  another: ['another', 'another plan', 'different plan'],
  hint: [
    'hint',
    'a hint',
    'Hint, please!',
    'give me a hint',
    'Can I get a hint?',
    'can i have a hint?',
    'another hint',
    'next hint',
    'hint please i am stuck',
    'give me a hint pls',
    'i need a clue',
    'can u give me a hint?',
  ],
  show: ['show', 'show me', 'show answer', 'Show the answer.', 'show me the answer'],
  skip: ['skip', 'skip this', 'skip step', 'skip this step', 'next step'],
  pause: ['pause', 'stop for now', 'take a break', "Let's pause", 'let’s pause', 'stop', 'i quit', 'bye', 'brb'],
  resume: ['resume', 'continue', 'go on', "I'm back", "Hi, I'm back!", 'where were we?'],
  plan: ['plan', 'show plan', 'show the plan', 'show me the plan'],
  progress: ['progress', 'my progress', 'How am I doing?', 'status', 'what did i learn?'],
  questions: ['questions', 'questions only', 'only questions', 'just answer my questions', 'question mode'],
  course: ['course', 'planned course', 'back to the plan', 'make a plan', 'teach me'],
  help: ['help', 'Help!', 'commands', 'What can I say?'],
  end: ['end', 'end lesson', 'end the lesson', 'stop the lesson', 'finish the lesson'],
};
const CASES = Object.entries(WORDS).flatMap(([name, words]) => words.map((word) => [word, name] as const));

describe('a command', () => {
  test.each(CASES)('%s → %s', (word, name) => {
    expect(parseCommand(word)).toBe(name);
  });

  test.each(CASES)('/%s → %s, also with /tutor, capitals and spaces', (word, name) => {
    for (const text of [`/${word}`, `/tutor ${word}`, `  /TUTOR   ${word.toUpperCase()}  `]) {
      expect(parseCommand(text), text).toBe(name);
    }
  });

  test.each([
    '',
    ' ',
    '?!',
    '/',
    '/tutor',
    'yes',
    'ok',
    'a',
    '3/4',
    'next',
    'no hint',
    'I need no help',
    'help me with fractions',
    'the plan of Robespierre',
    'show me how you get 3/4',
    'skip counting',
    'end of the war',
    'hint hint',
    'i dont need a hint',
    'that hint was wrong',
    'please',
    'tutor hint',
    'constructor',
    '__proto__',
    'toString',
  ])('%j is none', (text) => {
    expect(parseCommand(text)).toBeNull();
  });
});

describe('an approval', () => {
  test.each([
    ...[
      'yes',
      'Yes!',
      'y',
      'ok',
      'OK.',
      'okay',
      'yep',
      'yeah',
      'sure',
      'go',
      'start',
      'begin',
      "Let's go!",
      'lets start',
    ],
    ...[
      'looks good',
      'sounds good',
      'good',
      'great',
      'perfect',
      'fine',
      'just start',
      'approve it',
      'I approve',
      'approve',
    ],
    ...['k', 'cool', 'whatever', "I'm ready", 'sure, why not', 'good to go', 'I agree', 'ok cool'],
    ...['approved', '/approve', '/tutor approve', 'Yes, please!', 'go ahead', "Ok, let's go", "let's do it"],
  ])('%s', (text) => {
    expect(isApproval(text)).toBe(true);
  });

  test.each([
    ...[
      '',
      'no',
      'not yet',
      'yes but shorter',
      'please',
      'ready to stop',
      'is it good?',
      'ok, but no history',
      'maybe',
      'easier',
      'skip',
      'help',
    ],
    ...['I am not sure', 'good question: why?', '👎', 'constructor'],
  ])('%j is none', (text) => {
    expect(isApproval(text)).toBe(false);
  });

  test('is no command unless it says approve', () => {
    expect(['yes', 'ok', 'go', 'start', 'good', 'fine', 'yes please'].filter((text) => parseCommand(text))).toEqual([]);
  });
});

test('any text gets an answer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect([null, ...Object.keys(WORDS)]).toContain(parseCommand(text));
      expect(typeof isApproval(text)).toBe('boolean');
    }),
  );
});
