import {
  type APIComponentInMessageActionRow,
  type APIMessageTopLevelComponent,
  ButtonStyle,
  ComponentType,
} from 'discord-api-types/v10';
import type { CommandName } from '../../../core/messages.ts';

/** What a press means, in the custom id that Discord sends back. Pure. */

export type ButtonAction =
  | { type: 'choice'; questionId: string; choiceId: string }
  /** A menu's; which choice it was comes as its value. */
  | { type: 'pick'; questionId: string }
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

const CUSTOM_ID_LIMIT = 100;
/** A new number where an id of the old form would be read wrongly. */
const VERSION = 't1';

/** What has to follow the thread's id. */
const PARTS: Record<ButtonAction['type'], number> = {
  choice: 2,
  pick: 1,
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

/** The custom id of a button; null where it would be too long for Discord. */
export function encode({ threadId, action }: Press): string | null {
  const parts = [threadId, ...partsOf(action)].map((part) => part.replace(/[%|]/g, encodeURIComponent));
  const customId = [VERSION, action.type, ...parts].join('|');
  return customId.length <= CUSTOM_ID_LIMIT ? customId : null;
}

/** Null for what `encode` did not make. */
export function decode(customId: string): Press | null {
  const [version, type = '', ...encoded] = customId.split('|');
  if (version !== VERSION || !isType(type)) return null;
  const [threadId, ...parts] = encoded.map((part) => part.replace(/%25|%7C/g, decodeURIComponent));
  if (!threadId || parts.length !== PARTS[type]) return null;
  const press = { threadId, action: actionOf(type, parts) };
  return encode(press) === customId ? press : null;
}

function isType(type: string): type is ButtonAction['type'] {
  return Object.hasOwn(PARTS, type);
}

function partsOf(action: ButtonAction): string[] {
  if (action.type === 'choice') return [action.questionId, action.choiceId];
  return 'questionId' in action ? [action.questionId] : [];
}

function actionOf(type: ButtonAction['type'], [questionId = '', choiceId = '']: string[]): ButtonAction {
  if (type === 'choice') return { type, questionId, choiceId };
  return type === 'pick' || type === 'write' ? { type, questionId } : { type };
}

/**
 * The components of a message after one of its choices was made: it stands out, and none of them can be pressed again.
 * Everything else stays as it was. `value` is what was picked, where `customId` is a menu's.
 */
export function withChoiceMade(
  components: readonly APIMessageTopLevelComponent[],
  customId: string,
  value?: string,
): APIMessageTopLevelComponent[] {
  return components.map((row) =>
    row.type === ComponentType.ActionRow
      ? { ...row, components: row.components.map((each) => afterChoice(each, customId, value)) }
      : row,
  );
}

/** What the person read on what they pressed, or picked in a menu. */
export function wordsOn(
  components: readonly APIMessageTopLevelComponent[],
  customId: string,
  value?: string,
): string | null {
  const all = components.flatMap((row) => (row.type === ComponentType.ActionRow ? row.components : []));
  const pressed = all.find((each) => 'custom_id' in each && each.custom_id === customId);
  if (pressed?.type === ComponentType.StringSelect) {
    return pressed.options.find((option) => option.value === value)?.label ?? null;
  }
  return pressed && 'label' in pressed ? (pressed.label ?? null) : null;
}

function afterChoice(
  component: APIComponentInMessageActionRow,
  customId: string,
  value: string | undefined,
): APIComponentInMessageActionRow {
  const id = 'custom_id' in component ? component.custom_id : '';
  const type = decode(id)?.action.type;
  if (type === 'choice' && component.type === ComponentType.Button && 'custom_id' in component) {
    return { ...component, disabled: true, style: id === customId ? ButtonStyle.Primary : component.style };
  }
  if (type === 'pick' && component.type === ComponentType.StringSelect) {
    const options = component.options.map((option) => ({ ...option, default: option.value === value }));
    return { ...component, disabled: true, options };
  }
  return component;
}
