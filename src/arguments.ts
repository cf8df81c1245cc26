import { parseArgs } from 'node:util';
import type { StartOptions } from './core/messages.ts';
import { errorMessage, SetupError } from './errors.ts';

const ROLES = ['bot', 'worker', 'web', 'all'] as const;
const COMMANDS = ['terminal', 'dead-letters', 'doctor', ...ROLES] as const;

/** What a process does for the chats that are configured. */
export type Role = (typeof ROLES)[number];
export type Command = (typeof COMMANDS)[number];

/** What stands on the command line. */
export interface Arguments {
  help: boolean;
  /** Null: whatever is configured. */
  command: Command | null;
  /** The words after the command. */
  rest: string[];
  start: StartOptions;
  learner: string | null;
  /** Open a new lesson even where an unfinished one waits. */
  fresh: boolean;
}

export const USAGE = `Threadtutor: a tutor that makes a plan and sticks to it.

  npm start                              go on with your lesson, or begin one; where a chat is configured: all
  npm start -- --topic fractions         begin (or go on with) a lesson on a topic

  npm start -- web|worker|bot|all        serve the chats that are configured: take their messages in, answer them,
                                         keep connections to platforms, or all of it; any number of each
  npm start -- doctor                    what is configured, whether it works, and what to do where it does not
  npm start -- dead-letters              what was given up; "retry all" or "retry ID" takes it up again

  --topic TEXT        what to learn
  --mode MODE         course (planned, the default) or questions (you ask, it answers)
  --character TEXT    friendly, direct, playful, or your own words
  --level LEVEL       beginner, intermediate or advanced
  --yes               teach at once, without asking for the plan's approval
  --new               a new lesson, even if one is unfinished
  --learner NAME      who is learning, where several share this machine
  --help              this text

What the environment switches on is in the README.`;

/** Throws SetupError with one sentence per mistake. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv);
  const [command, ...rest] = positionals;
  const complaints = [
    values.mode && !MODES.includes(values.mode) && `--mode is "${values.mode}": use one of ${MODES.join(', ')}.`,
    values.level && !LEVELS.includes(values.level) && `--level is "${values.level}": use one of ${LEVELS.join(', ')}.`,
    command !== undefined &&
      !isCommand(command) &&
      `"${command}" is not a command: use ${COMMANDS.join(', ')}, or --topic "${command}" to learn about it.`,
    rest.length > 0 && command !== 'dead-letters' && `"${rest.join(' ')}" was not expected after "${command}".`,
  ].filter((complaint) => typeof complaint === 'string' && complaint !== '');
  if (complaints.length > 0) throw new SetupError(complaints as string[]);
  const { mode, level } = values;
  const topic = values.topic?.trim();
  const character = values.character?.trim();
  return {
    help: values.help ?? false,
    command: isCommand(command) ? command : null,
    rest,
    learner: values.learner?.trim() || null,
    fresh: values.new ?? false,
    start: {
      ...(topic && { topic }),
      ...(mode && { mode: mode as 'course' | 'questions' }),
      ...(character && { character }),
      ...(level && { level: level as 'beginner' | 'intermediate' | 'advanced' }),
      ...(values.yes && { autostart: true }),
    },
  };
}

function isCommand(word: string | undefined): word is Command {
  return COMMANDS.includes(word as Command);
}

const MODES = ['course', 'questions'];
const LEVELS = ['beginner', 'intermediate', 'advanced'];

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        topic: { type: 'string' },
        mode: { type: 'string' },
        character: { type: 'string' },
        level: { type: 'string' },
        learner: { type: 'string' },
        new: { type: 'boolean' },
        yes: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // What Node adds about arguments that begin with a dash would lead astray here.
    const [complaint = ''] = errorMessage(error).split(/\n| To specify a positional/);
    throw new SetupError([`${complaint.replace(/\.$/, '')}. Run "npm start -- --help" to see what there is.`]);
  }
}
