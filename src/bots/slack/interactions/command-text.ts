import { parseCommand } from '../../../core/commands.ts';
import type { Level } from '../../../core/lesson.ts';
import type { CommandName, StartOptions } from '../../../core/messages.ts';

/** What is typed after `/tutor`. Slack knows no subcommands, so the text is read here. Pure. */

/** What only this command can do; the rest are a lesson's own commands. */
type OwnName = 'start' | 'ask' | 'voice' | 'settings' | 'forget' | 'export' | 'admin' | 'billing';

export interface CommandText {
  /** null: it begins with no word that means something here. */
  name: OwnName | CommandName | null;
  /** What follows the name, without options; the whole text where there is no name. */
  rest: string;
  options: Pick<StartOptions, 'level' | 'mode' | 'character'>;
  /** Options with a value that they do not have, as they were typed. */
  wrong: string[];
}

const OWN: readonly OwnName[] = ['start', 'ask', 'voice', 'settings', 'forget', 'export', 'admin', 'billing'];
/** Of those, what is followed by something. */
const TAKES_TEXT: readonly string[] = ['start', 'ask'] satisfies OwnName[];

/** What may follow "voice": a single word, of which these are no voice's name. */
const VOICE = /^\S+$/;
const SWITCH = /^(?:on|off)$/i;

/** `key:value`, where the value may have quotes around it, of whatever kind a phone types. */
const OPTION = /(?<=^|\s)(topic|level|mode|persona):(?:["“”„«]([^"“”„«»]*)["“”„«»]|(\S+))(?=\s|$)/gi;

export function readCommandText(text: string): CommandText {
  const whole = text.trim();
  const [, first = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(whole) ?? [];
  const name = OWN.find((each) => each === first.toLowerCase());
  if (name === 'start') return { name, ...startOf(rest) };
  if (name === 'voice' && VOICE.test(rest)) {
    return { name, rest: SWITCH.test(rest) ? rest.toLowerCase() : unquoted(rest), ...NO_OPTIONS };
  }
  if (name && (rest === '' || TAKES_TEXT.includes(name))) return { name, rest: unquoted(rest), ...NO_OPTIONS };
  // "hint", and also "hint please", or "show me the plan"; "plan a journey" is no command.
  const command = whole === '' ? 'help' : parseCommand(whole);
  return { name: command, rest: command ? '' : whole, ...NO_OPTIONS };
}

const NO_OPTIONS = { options: {}, wrong: [] };

function startOf(text: string): Omit<CommandText, 'name'> {
  const options: CommandText['options'] = {};
  const wrong: string[] = [];
  let topic: string | null = null;
  const rest = text.replace(OPTION, (typed: string, key: string, quoted?: string, word?: string) => {
    const value = (quoted ?? word ?? '').trim();
    const option = optionOf(key.toLowerCase(), value);
    if (key.toLowerCase() === 'topic' && value) topic = value;
    else if (option) Object.assign(options, option);
    else wrong.push(typed);
    return ' ';
  });
  return { rest: topic ?? unquoted(rest.replace(/\s+/g, ' ')), options, wrong };
}

const LEVELS: readonly Level[] = ['beginner', 'intermediate', 'advanced'];
const MODES: readonly NonNullable<StartOptions['mode']>[] = ['course', 'questions'];

/** Null: there is no such value. */
function optionOf(key: string, value: string): CommandText['options'] | null {
  const word = value.toLowerCase();
  const level = LEVELS.find((each) => each === word);
  const mode = MODES.find((each) => each === word);
  if (key === 'level') return level ? { level } : null;
  if (key === 'mode') return mode ? { mode } : null;
  return key === 'persona' && value ? { character: value } : null;
}

/** Without quotes around the whole. */
function unquoted(text: string): string {
  return text
    .trim()
    .replace(/^["“”„«]([^"“”„«»]*)["“”„«»]$/, '$1')
    .trim();
}
