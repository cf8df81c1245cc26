/** Interactive elements of blocks: which there are, what they start with, and what a person may put into them. */
import type { Json } from './state.ts';

export interface Found {
  blockId: string;
  actionId: string;
  type: string;
  /** What stands above an input, or on a button. */
  label: string;
  element: Json;
  /** Only of inputs. */
  isRequired: boolean;
  isInput: boolean;
  /** An input that tells the app at once. */
  dispatches: boolean;
}

interface Stateful {
  key: string;
  initial: string;
  holds: 'text' | 'option' | 'options' | 'one' | 'many';
}

const text: Stateful = { key: 'value', initial: 'initial_value', holds: 'text' };
const option: Stateful = { key: 'selected_option', initial: 'initial_option', holds: 'option' };
const options: Stateful = { key: 'selected_options', initial: 'initial_options', holds: 'options' };
const one = (of: string): Stateful => ({ key: `selected_${of}`, initial: `initial_${of}`, holds: 'one' });
const many = (of: string): Stateful => ({ key: `selected_${of}s`, initial: `initial_${of}s`, holds: 'many' });

/** Elements that keep what is put into them; buttons and overflow menus do not. */
const STATEFUL: Record<string, Stateful> = {
  plain_text_input: text,
  email_text_input: text,
  url_text_input: text,
  number_input: text,
  static_select: option,
  external_select: option,
  radio_buttons: option,
  multi_static_select: options,
  multi_external_select: options,
  checkboxes: options,
  users_select: one('user'),
  conversations_select: one('conversation'),
  channels_select: one('channel'),
  datepicker: one('date'),
  timepicker: one('time'),
  datetimepicker: one('date_time'),
  multi_users_select: many('user'),
  multi_conversations_select: many('conversation'),
  multi_channels_select: many('channel'),
};

export type Given = string | string[] | null;

export function elementsOf(blocks: readonly Json[]): Found[] {
  return blocks.flatMap((block) => {
    const inner = [block.child_blocks, block.type === 'carousel' ? block.elements : []].flatMap((each) => each ?? []);
    return [...ownElements(block), ...elementsOf(inner as Json[])];
  });
}

function ownElements(block: Json): Found[] {
  const isInput = block.type === 'input';
  const candidates = {
    input: [block.element],
    section: [block.accessory],
    actions: block.elements,
    context_actions: block.elements,
    card: block.actions,
  }[String(block.type)];
  return ((candidates ?? []) as (Json | undefined)[])
    .filter((element) => element !== undefined && element.type !== 'image')
    .map((element = {}) => ({
      ...{
        blockId: String(block.block_id ?? ''),
        actionId: String(element.action_id ?? ''),
        type: String(element.type),
      },
      ...{ label: wordsOf(isInput ? block.label : element.text), element },
      ...{ isInput, isRequired: isInput && block.optional !== true },
      dispatches: block.dispatch_action === true,
    }));
}

/** The text of a text object. */
export function wordsOf(textObject: unknown): string {
  return String((textObject as Json | undefined)?.text ?? '');
}

export function optionsOf({ element }: Found): Json[] {
  const groups = (element.option_groups ?? []) as { options: Json[] }[];
  return [...((element.options ?? []) as Json[]), ...groups.flatMap((group) => group.options)];
}

/** Null for elements that keep nothing. */
export function initialValue({ type, element }: Found): Json | null {
  const kind = STATEFUL[type];
  if (!kind) return null;
  const empty = kind.holds === 'options' || kind.holds === 'many' ? [] : null;
  return { type, [kind.key]: element[kind.initial] ?? empty };
}

export function isEmpty(value: Json): boolean {
  const { type: _, ...rest } = value;
  return Object.values(rest).every((each) => each === null || (Array.isArray(each) && each.length === 0));
}

/** What a person puts in, as Slack sends it; throws for what the element does not take. */
export function filledValue(found: Found, given: Given): Json {
  const { type } = found;
  const kind = STATEFUL[type];
  if (!kind) throw new Error(`nothing can be put into ${nameOf(found)}`);
  const values = given === null || given === '' ? [] : [given].flat();
  const single = kind.holds !== 'options' && kind.holds !== 'many';
  if (single && values.length > 1) throw new Error(`${nameOf(found)} takes one value`);
  const most = Number(found.element.max_selected_items ?? Infinity);
  if (values.length > most) throw new Error(`${nameOf(found)} takes ${most} at most`);
  const taken = values.map((value) => {
    if (kind.holds === 'text') return typed(found, value);
    return kind.holds === 'option' || kind.holds === 'options' ? chosen(found, value) : value;
  });
  return { type, [kind.key]: single ? (taken[0] ?? null) : taken };
}

/** An option by its text or value. */
export function chosen(found: Found, wanted: string): Json {
  const offered = optionsOf(found);
  const it = offered.find((each) => wordsOf(each.text) === wanted) ?? offered.find((each) => each.value === wanted);
  if (it) return it;
  throw new Error(`${nameOf(found)} has no option "${wanted}", only: ${offered.map((each) => wordsOf(each.text))}`);
}

function typed(found: Found, value: string): string {
  const { type, element } = found;
  const { length } = [...value];
  const [min, max] = [Number(element.min_length ?? 0), Number(element.max_length ?? 3000)];
  if (type === 'plain_text_input' && (length < min || length > max)) {
    throw new Error(`${nameOf(found)} takes ${min} to ${max} characters`);
  }
  const pattern = { email_text_input: /^\S+@\S+\.\S+$/, url_text_input: /^https?:\/\/\S+$/ }[type];
  if (pattern && !pattern.test(value)) throw new Error(`${nameOf(found)} does not take "${value}"`);
  if (type === 'number_input') checkNumber(found, value);
  return value;
}

function checkNumber(found: Found, value: string): void {
  const { is_decimal_allowed: decimal, min_value: min, max_value: max } = found.element;
  const isNumber = (decimal ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/).test(value);
  const isWithin = Number(value) >= Number(min ?? -Infinity) && Number(value) <= Number(max ?? Infinity);
  if (!isNumber || !isWithin) throw new Error(`${nameOf(found)} does not take "${value}"`);
}

function nameOf({ label, actionId }: Found): string {
  return `"${label || actionId}"`;
}
