/** Menus, checkboxes and radio buttons: elements that offer a choice. */
import { z } from 'zod';
import {
  checkOptions,
  confirm,
  conversationFilter,
  formattedOption,
  option,
  optionGroup,
  overflowOption,
  plainText,
  text,
} from './object-forms.ts';

const flag = z.boolean().optional();
export const actionId = { action_id: text(1, 255).optional() };
export const pressed = { ...actionId, confirm: confirm.optional() };
export const focusable = { focus_on_load: flag };
export const hinted = { ...focusable, placeholder: plainText(150).optional() };

const menu = { ...pressed, ...hinted };
const many = { ...menu, max_selected_items: z.int().min(1).optional() };
const given = {
  options: z.array(option).min(1).max(100).optional(),
  option_groups: z.array(optionGroup).min(1).max(100).optional(),
};
const fromElsewhere = { min_query_length: z.int().min(0).optional() };
const conversations = { default_to_current_conversation: flag, filter: conversationFilter.optional() };
const answerable = { response_url_enabled: flag };
const id = text(1, 255);

interface Given {
  options?: unknown[] | undefined;
  option_groups?: unknown[] | undefined;
}

function checkGiven({ options, option_groups: groups }: Given, context: z.core.$RefinementCtx): void {
  if ((options === undefined) !== (groups === undefined)) return;
  context.addIssue({ code: 'custom', message: 'must provide either options or option_groups' });
}

/** No more may be chosen at first than may be chosen at all. */
function withinMost(field: 'initial_options' | 'initial_users' | 'initial_conversations' | 'initial_channels') {
  return (element: Record<string, unknown>, context: z.core.$RefinementCtx) => {
    const first = element[field];
    const most = element.max_selected_items;
    if (!Array.isArray(first) || typeof most !== 'number' || first.length <= most) return;
    context.addIssue({ code: 'custom', path: [field], message: `no more than ${most} items allowed` });
  };
}

export const selects = [
  z
    .strictObject({ ...menu, ...given, type: z.literal('static_select'), initial_option: option.optional() })
    .superRefine(checkGiven)
    .superRefine(checkOptions),
  z.strictObject({ ...menu, ...fromElsewhere, type: z.literal('external_select'), initial_option: option.optional() }),
  z.strictObject({ ...menu, type: z.literal('users_select'), initial_user: id.optional() }),
  z.strictObject({
    ...{ ...menu, ...conversations, ...answerable },
    type: z.literal('conversations_select'),
    initial_conversation: id.optional(),
  }),
  z.strictObject({ ...menu, ...answerable, type: z.literal('channels_select'), initial_channel: id.optional() }),
] as const;

const firstOptions = z.array(option).min(1).max(100).optional();
const firstIds = z.array(id).min(1).optional();

export const multiSelects = [
  z
    .strictObject({ ...many, ...given, type: z.literal('multi_static_select'), initial_options: firstOptions })
    .superRefine(checkGiven)
    .superRefine(checkOptions)
    .superRefine(withinMost('initial_options')),
  z
    .strictObject({
      ...many,
      ...fromElsewhere,
      type: z.literal('multi_external_select'),
      initial_options: firstOptions,
    })
    .superRefine(withinMost('initial_options')),
  z
    .strictObject({ ...many, type: z.literal('multi_users_select'), initial_users: firstIds })
    .superRefine(withinMost('initial_users')),
  z
    .strictObject({
      ...{ ...many, ...conversations },
      type: z.literal('multi_conversations_select'),
      initial_conversations: firstIds,
    })
    .superRefine(withinMost('initial_conversations')),
  z
    .strictObject({ ...many, type: z.literal('multi_channels_select'), initial_channels: firstIds })
    .superRefine(withinMost('initial_channels')),
] as const;

const fewOptions = z.array(formattedOption).min(1).max(10);

export const checkboxes = z
  .strictObject({
    ...{ ...pressed, ...focusable },
    type: z.literal('checkboxes'),
    options: fewOptions,
    initial_options: fewOptions.optional(),
  })
  .superRefine(checkOptions);

export const radioButtons = z
  .strictObject({
    ...{ ...pressed, ...focusable },
    type: z.literal('radio_buttons'),
    options: fewOptions,
    initial_option: formattedOption.optional(),
  })
  .superRefine(checkOptions);

export const overflow = z
  .strictObject({ ...pressed, type: z.literal('overflow'), options: z.array(overflowOption).min(1).max(5) })
  .superRefine(checkOptions);
