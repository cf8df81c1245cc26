import { expect, test } from 'vitest';
import { type Arguments, readArguments, USAGE } from '../src/arguments.ts';
import { SetupError } from '../src/errors.ts';

const NONE: Arguments = { help: false, command: null, rest: [], start: {}, learner: null, fresh: false };

test.each<[string[], Partial<Arguments>]>([
  [[], {}],
  [['--topic', 'fractions'], { start: { topic: 'fractions' } }],
  [['--topic=the French Revolution'], { start: { topic: 'the French Revolution' } }],
  [['--topic=-1 and other numbers'], { start: { topic: '-1 and other numbers' } }],
  [['--topic', 'a', '--topic', 'b'], { start: { topic: 'b' } }],
  [['--mode', 'course'], { start: { mode: 'course' } }],
  [['--mode', 'questions'], { start: { mode: 'questions' } }],
  [['--character', 'like a pirate'], { start: { character: 'like a pirate' } }],
  [['--level', 'beginner'], { start: { level: 'beginner' } }],
  [['--level', 'intermediate'], { start: { level: 'intermediate' } }],
  [['--level', 'advanced'], { start: { level: 'advanced' } }],
  [['--yes'], { start: { autostart: true } }],
  [['--new'], { fresh: true }],
  [['--learner', 'Ada'], { learner: 'Ada' }],
  [['--help'], { help: true }],
  [['-h'], { help: true }],
  [['worker'], { command: 'worker' }],
  [['all'], { command: 'all' }],
  [['doctor'], { command: 'doctor' }],
  [['terminal', '--yes'], { command: 'terminal', start: { autostart: true } }],
  [['dead-letters', 'retry', 'all'], { command: 'dead-letters', rest: ['retry', 'all'] }],
  [
    ['--yes', '--level=advanced', '--topic', 'x', '--new', '--mode=course', '--character', 'direct', '--learner', 'Bo'],
    {
      start: { topic: 'x', mode: 'course', character: 'direct', level: 'advanced', autostart: true },
      fresh: true,
      learner: 'Bo',
    },
  ],
])('reads %j', (argv, expected) => {
  expect(readArguments(argv)).toEqual({ ...NONE, ...expected });
});

test.each(['topic', 'character', 'learner', 'mode', 'level'])('an empty --%s counts as not given', (name) => {
  expect(readArguments([`--${name}=`])).toEqual(NONE);
  expect(readArguments([`--${name}`, ''])).toEqual(NONE);
});

test.each(['topic', 'character', 'learner'])('spaces around --%s do not count', (name) => {
  expect(readArguments([`--${name}`, '  '])).toEqual(NONE);
  const { start, learner } = readArguments([`--${name}`, ' x ']);
  expect({ ...start, learner }).toMatchObject({ [name]: 'x' });
});

const SEE = 'Run "npm start -- --help" to see what there is.';

test.each<[string[], string[]]>([
  [['--mode', 'exam'], ['--mode is "exam": use one of course, questions.']],
  [['--level', 'expert'], ['--level is "expert": use one of beginner, intermediate, advanced.']],
  [
    ['--mode=exam', '--level=expert'],
    [
      '--mode is "exam": use one of course, questions.',
      '--level is "expert": use one of beginner, intermediate, advanced.',
    ],
  ],
  [['--colour'], [`Unknown option '--colour'. ${SEE}`]],
  [['-x'], [`Unknown option '-x'. ${SEE}`]],
  [
    ['fractions'],
    [
      '"fractions" is not a command: use terminal, dead-letters, doctor, bot, worker, web, all, or --topic "fractions" to learn about it.',
    ],
  ],
  [['worker', 'now'], ['"now" was not expected after "worker".']],
  [['--topic'], [`Option '--topic <value>' argument missing. ${SEE}`]],
  [['--topic', '--yes'], [`Option '--topic' argument is ambiguous. ${SEE}`]],
  [['--yes=no'], [`Option '--yes' does not take an argument. ${SEE}`]],
])('refuses %j with sentences', (argv, sentences) => {
  const read = () => readArguments(argv);
  expect(read).toThrow(SetupError);
  expect(read).toThrow(expect.objectContaining({ sentences }));
});

test('the help names every option, and no other', () => {
  const named = [...new Set(USAGE.match(/--[a-z]+/g))].sort();
  expect(named).toEqual(['--character', '--help', '--learner', '--level', '--mode', '--new', '--topic', '--yes']);
  const accepts = (argv: string[]) => {
    try {
      return readArguments(argv) !== null;
    } catch {
      return false;
    }
  };
  expect(named.filter((option) => !accepts([option]) && !accepts([option, '']))).toEqual([]);
});

test('the arguments are not changed', () => {
  const argv = Object.freeze(['--topic', 'x']);
  expect(readArguments(argv).start).toEqual({ topic: 'x' });
});
