import type { AnyBlock } from '@slack/types';
import type { CommandName } from '../../../core/messages.ts';
import { plainText } from './escape.ts';

/** What a press means, in the value that Slack sends back. Pure. */

export type ButtonAction =
  /** Of a button, or of what was picked in a menu. */
  | { type: 'choice'; questionId: string; choiceId: string }
  /** Opens a modal to answer in; '' where no question waits. */
  | { type: 'write'; questionId: string }
  /** Opens a modal to change the plan in words. */
  | { type: 'change' }
  /** Lets the message be heard. */
  | { type: 'listen' }
  | { type: CommandName };

export interface Press {
  threadId: string;
  action: ButtonAction;
}

export type Opinion = 'good' | 'bad';

/** What everything that can be pressed below a lesson's messages begins its action id with. */
const LESSON = 'lesson:';
const FEEDBACK = 'feedback:';
/** A new number where a value of the old form would be read wrongly. */
const VERSION = 1;
const VALUE_LIMIT = 2_000;
const ID_LIMIT = 255;

/** What has to follow the thread's id. */
const PARTS: Record<ButtonAction['type'], number> = {
  choice: 2,
  write: 1,
  change: 0,
  listen: 0,
  approve: 0,
  easier: 0,
  harder: 0,
  another: 0,
  hint: 0,
  show: 0,
  skip: 0,
  pause: 0,
  resume: 0,
  plan: 0,
  progress: 0,
  questions: 0,
  course: 0,
  help: 0,
  end: 0,
};

/** The value of a button, or of an option; null where it would be longer than `limit`. */
export function encode({ threadId, action }: Press, limit = VALUE_LIMIT): string | null {
  const value = JSON.stringify([VERSION, threadId, action.type, ...partsOf(action)]);
  return value.length <= limit ? value : null;
}

/** Null for what `encode` did not make. */
export function decode(value: string): Press | null {
  const [version, threadId, type, ...parts] = listIn(value);
  if (version !== VERSION || typeof threadId !== 'string' || threadId === '' || !isType(type)) return null;
  if (parts.length !== PARTS[type] || !parts.every((part) => typeof part === 'string')) return null;
  const press = { threadId, action: actionOf(type, parts) };
  return encode(press) === value ? press : null;
}

/** Of an element that is below a lesson's messages; `index` where several of the kind are in one message. */
export function actionIdOf(type: ButtonAction['type'] | 'pick', index?: number): string {
  return `${LESSON}${type}${index === undefined ? '' : `:${index}`}`;
}

/** The action id below which people say what they think of a message; null where it would be too long. */
export function feedbackIdOf(threadId: string): string | null {
  const id = FEEDBACK + threadId;
  return threadId !== '' && id.length <= ID_LIMIT ? id : null;
}

/** Null for what is no opinion of a lesson's message. */
export function decodeFeedback(actionId: string, value: string): { threadId: string; opinion: Opinion } | null {
  const threadId = actionId.startsWith(FEEDBACK) ? actionId.slice(FEEDBACK.length) : '';
  return threadId !== '' && (value === 'good' || value === 'bad') ? { threadId, opinion: value } : null;
}

function listIn(value: string): unknown[] {
  try {
    const read: unknown = JSON.parse(value);
    return Array.isArray(read) ? read : [];
  } catch {
    return [];
  }
}

function isType(type: unknown): type is ButtonAction['type'] {
  return typeof type === 'string' && Object.hasOwn(PARTS, type);
}

function partsOf(action: ButtonAction): string[] {
  if (action.type === 'choice') return [action.questionId, action.choiceId];
  return 'questionId' in action ? [action.questionId] : [];
}

function actionOf(type: ButtonAction['type'], [questionId = '', choiceId = '']: string[]): ButtonAction {
  if (type === 'choice') return { type, questionId, choiceId };
  return type === 'write' ? { type, questionId } : { type };
}

interface Element {
  action_id?: string | undefined;
  text?: { text: string } | undefined;
  options?: { value?: string | undefined; text: { text: string } }[] | undefined;
}

/**
 * The blocks of a message after one of its choices was made: in the place of the choices it says which, so that none of
 * them can be pressed again. Everything else stays as it was. `value` is what was picked, where the element is a menu.
 */
export function withChoiceMade(blocks: readonly AnyBlock[], actionId: string, value: string): AnyBlock[] {
  const label = wordsOn(blocks, actionId, value);
  if (label === null) return [...blocks];
  return blocks.map((block) => {
    if (!elementsOf(block).some((each) => each.action_id === actionId)) return block;
    return { type: 'context', elements: [plainText(`✓ ${label}`, CHOICE_LIMIT)] };
  });
}

const CHOICE_LIMIT = 100;

/** What the person read on what they pressed, or picked in a menu. */
export function wordsOn(blocks: readonly AnyBlock[], actionId: string, value: string): string | null {
  const pressed = blocks.flatMap(elementsOf).find((each) => each.action_id === actionId);
  const option = pressed?.options?.find((each) => each.value === value);
  return (pressed?.options ? option?.text.text : pressed?.text?.text) ?? null;
}

function elementsOf(block: AnyBlock): Element[] {
  return block.type === 'actions' && 'elements' in block ? (block.elements as Element[]) : [];
}
