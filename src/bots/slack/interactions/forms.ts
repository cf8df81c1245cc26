import type { ViewOutput, ViewStateValue } from '@slack/bolt';
import type { InputBlock, ModalView, PlainTextOption } from '@slack/types';
import type { Translate } from '../../words.ts';
import { plainText } from '../replies/escape.ts';

/** Forms that people fill in, and what stands in them then. Pure. */

const TITLE_LIMIT = 24;
const LABEL_LIMIT = 2_000;
const PLACEHOLDER_LIMIT = 150;
const OPTION_LIMIT = 75;
/** Of a menu: more would not be taken. */
const MOST_OPTIONS = 100;

export interface FormDraft {
  id: string;
  title: string;
  submit: string;
  fields: ModalView['blocks'];
  /** What it is about, as it comes back with what was filled in. */
  context?: object;
}

export function formOf({ id, title, submit, fields, context }: FormDraft, words: Translate): ModalView {
  return {
    type: 'modal',
    callback_id: id,
    title: plainText(title, TITLE_LIMIT),
    submit: plainText(submit, TITLE_LIMIT),
    close: plainText(words('forms.cancel'), TITLE_LIMIT),
    private_metadata: JSON.stringify(context ?? {}),
    blocks: fields,
  };
}

interface Field {
  /** By which it is known when it comes back: each field is a block of its own, with one element. */
  name: string;
  label: string;
  hint?: string;
  isRequired?: boolean;
}

function fieldOf({ name, label, hint, isRequired = false }: Field, element: InputBlock['element']): InputBlock {
  return {
    type: 'input',
    block_id: name,
    label: plainText(label, LABEL_LIMIT),
    ...(hint && { hint: plainText(hint, LABEL_LIMIT) }),
    optional: !isRequired,
    element: { ...element, action_id: name } as InputBlock['element'],
  };
}

interface TextField extends Field {
  /** In characters. */
  most: number;
  value?: string | null | undefined;
  placeholder?: string;
  isLong?: boolean;
}

export function textField({ most, value, placeholder, isLong = false, ...field }: TextField): InputBlock {
  return fieldOf(field, {
    type: 'plain_text_input',
    max_length: most,
    multiline: isLong,
    ...(value && { initial_value: value.slice(0, most) }),
    ...(placeholder && { placeholder: plainText(placeholder, PLACEHOLDER_LIMIT) }),
  });
}

interface ChoiceField extends Field {
  options: readonly (readonly [value: string, label: string])[];
  chosen?: string | null | undefined;
  placeholder?: string;
}

/** Of which one may be chosen. */
export function choiceField({ options, chosen, placeholder, ...field }: ChoiceField): InputBlock {
  const shown = options.slice(0, MOST_OPTIONS).map(([value, label]) => optionOf(value, label));
  const initial = shown.find(({ value }) => value === chosen);
  return fieldOf(field, {
    type: 'static_select',
    options: shown,
    ...(initial && { initial_option: initial }),
    ...(placeholder && { placeholder: plainText(placeholder, PLACEHOLDER_LIMIT) }),
  });
}

/** Whether something is so. */
export function switchField({ isOn, says, ...field }: Field & { isOn: boolean; says: string }): InputBlock {
  const option = optionOf(field.name, says);
  return fieldOf(field, { type: 'checkboxes', options: [option], ...(isOn && { initial_options: [option] }) });
}

export const CHANNELS = { include: ['public', 'private'] as ('public' | 'private')[], exclude_bot_users: true };

/** Where to; as it opens, the channel that the person is looking at, unless there is another one. */
export function channelField({ chosen, ...field }: Field & { chosen?: string | undefined }): InputBlock {
  return fieldOf(field, {
    type: 'conversations_select',
    filter: CHANNELS,
    ...(chosen ? { initial_conversation: chosen } : { default_to_current_conversation: true }),
  });
}

/** What a workspace's settings have room for. */
const MOST_CHOSEN = 200;

export function channelsField({ chosen, ...field }: Field & { chosen: readonly string[] }): InputBlock {
  return fieldOf(field, {
    type: 'multi_conversations_select',
    filter: CHANNELS,
    max_selected_items: MOST_CHOSEN,
    ...(chosen.length > 0 && { initial_conversations: [...chosen] }),
  });
}

export function peopleField({ chosen, ...field }: Field & { chosen: readonly string[] }): InputBlock {
  return fieldOf(field, {
    type: 'multi_users_select',
    max_selected_items: MOST_CHOSEN,
    ...(chosen.length > 0 && { initial_users: [...chosen] }),
  });
}

function optionOf(value: string, label: string): PlainTextOption {
  return { text: plainText(label, OPTION_LIMIT), value };
}

type Filled = Pick<ViewOutput, 'state'>;

function valueIn({ state }: Filled, name: string): ViewStateValue | undefined {
  return state.values[name]?.[name];
}

/** What was written, or the one that was chosen; '' where the field was left empty. */
export function filledIn(view: Filled, name: string): string {
  const { value, selected_option: option, selected_conversation: channel } = valueIn(view, name) ?? {};
  return (value ?? option?.value ?? channel ?? '').trim();
}

/** All that were chosen, of many. */
export function chosenIn(view: Filled, name: string): string[] {
  const {
    selected_conversations: channels,
    selected_users: users,
    selected_options: options,
  } = valueIn(view, name) ?? {};
  return channels ?? users ?? options?.map(({ value }) => value) ?? [];
}

/** What was typed, by field. */
export function typedIn({ state }: Filled): Record<string, string> {
  const fields = Object.keys(state.values).map((name) => [name, state.values[name]?.[name]?.value ?? ''] as const);
  return Object.fromEntries(fields.filter(([, text]) => text !== ''));
}

/** What the form was opened with; empty where it cannot be read. */
export function contextOf(view: Pick<ViewOutput, 'private_metadata'>): Record<string, unknown> {
  try {
    const context: unknown = JSON.parse(view.private_metadata);
    return typeof context === 'object' && context !== null ? { ...context } : {};
  } catch {
    return {};
  }
}
