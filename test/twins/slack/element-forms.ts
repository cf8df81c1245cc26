/** Elements, and which block may hold which of them. */
import { z } from 'zod';
import {
  actionId,
  checkboxes,
  focusable,
  hinted,
  multiSelects,
  overflow,
  pressed,
  radioButtons,
  selects,
} from './menu-forms.ts';
import { checkPicture, colour, dispatchConfig, link, picture, plainText, text, webLink } from './object-forms.ts';
import { richText } from './rich-text-forms.ts';

const label = { accessibility_label: text(1, 75).optional() };

export const button = z.strictObject({
  ...{ ...pressed, ...label },
  type: z.literal('button'),
  text: plainText(75),
  value: text(1, 2000).optional(),
  url: link.optional(),
  style: colour.optional(),
});

const workflowButton = z.strictObject({
  ...{ ...pressed, ...label },
  type: z.literal('workflow_button'),
  text: plainText(75),
  workflow: z.strictObject({
    trigger: z.strictObject({
      url: webLink,
      customizable_input_parameters: z.array(z.strictObject({ name: text(1, 255), value: z.string() })).optional(),
    }),
  }),
  style: colour.optional(),
});

export const image = z
  .strictObject({ type: z.literal('image'), alt_text: text(1, 2000), ...picture })
  .superRefine(checkPicture);

const opinion = z.strictObject({ ...label, text: plainText(75), value: text(1, 2000) });
const feedbackButtons = z.strictObject({
  ...actionId,
  type: z.literal('feedback_buttons'),
  positive_button: opinion,
  negative_button: opinion,
});
const iconButton = z.strictObject({
  ...{ ...pressed, ...label },
  type: z.literal('icon_button'),
  // The only one that Slack's documentation names.
  icon: z.literal('trash'),
  text: plainText(75),
  value: text(1, 2000).optional(),
  visible_to_user_ids: z.array(text(1, 255)).optional(),
});

const datepicker = z.strictObject({
  ...{ ...pressed, ...hinted },
  type: z.literal('datepicker'),
  initial_date: z.iso.date('must be a date, YYYY-MM-DD').optional(),
});
const timepicker = z.strictObject({
  ...{ ...pressed, ...hinted },
  type: z.literal('timepicker'),
  initial_time: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time, HH:mm')
    .optional(),
  timezone: text(1, 255).optional(),
});
const datetimepicker = z.strictObject({
  ...{ ...pressed, ...focusable },
  type: z.literal('datetimepicker'),
  initial_date_time: z.int().min(1_000_000_000).max(9_999_999_999).optional(),
});

const written = { ...actionId, ...hinted, dispatch_action_config: dispatchConfig.optional() };

const plainTextInput = z
  .strictObject({
    ...written,
    type: z.literal('plain_text_input'),
    initial_value: text(0, 3000).optional(),
    multiline: z.boolean().optional(),
    min_length: z.int().min(0).max(3000).optional(),
    max_length: z.int().min(1).max(3000).optional(),
  })
  .superRefine(({ initial_value: first = '', min_length: min = 0, max_length: max = 3000 }, context) => {
    if (min > max) context.addIssue({ code: 'custom', path: ['min_length'], message: 'must not exceed max_length' });
    if (first.length > max || (first !== '' && first.length < min)) {
      context.addIssue({ code: 'custom', path: ['initial_value'], message: 'must keep to min_length and max_length' });
    }
  });

const number = z.string().regex(/^-?\d+(\.\d+)?$/, 'must be a number');
const numberInput = z
  .strictObject({
    ...written,
    type: z.literal('number_input'),
    is_decimal_allowed: z.boolean(),
    initial_value: number.optional(),
    min_value: number.optional(),
    max_value: number.optional(),
  })
  .superRefine((element, context) => {
    const complain = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    for (const field of ['initial_value', 'min_value', 'max_value'] as const) {
      if (!element.is_decimal_allowed && element[field]?.includes('.')) complain(field, 'must be a whole number');
    }
    const { initial_value: first, min_value: min = -Infinity, max_value: max = Infinity } = element;
    if (Number(min) > Number(max)) complain('min_value', 'must not exceed max_value');
    if (first !== undefined && (Number(first) < Number(min) || Number(first) > Number(max))) {
      complain('initial_value', 'must keep to min_value and max_value');
    }
  });

const richTextInput = z.strictObject({
  ...written,
  type: z.literal('rich_text_input'),
  initial_value: richText.optional(),
  min_lines: z.int().min(1).max(100).optional(),
  max_lines: z.int().min(1).max(100).optional(),
});
const emailInput = z.strictObject({
  ...written,
  type: z.literal('email_text_input'),
  initial_value: text(1, 3000).optional(),
});
const urlInput = z.strictObject({ ...written, type: z.literal('url_text_input'), initial_value: link.optional() });
const fileInput = z.strictObject({
  ...actionId,
  type: z.literal('file_input'),
  filetypes: z.array(text(1, 255)).min(1).optional(),
  max_files: z.int().min(1).max(10).optional(),
});

const chosen = [checkboxes, radioButtons, datepicker, timepicker, ...selects, ...multiSelects] as const;

export const inActions = z.discriminatedUnion('type', [
  ...chosen,
  ...[button, workflowButton, overflow, datetimepicker, richTextInput],
]);
export const inSection = z.discriminatedUnion('type', [...chosen, button, workflowButton, overflow, image]);
export const inContextActions = z.discriminatedUnion('type', [feedbackButtons, iconButton]);
export const inInput = z.discriminatedUnion('type', [
  ...chosen,
  ...[datetimepicker, plainTextInput, numberInput, richTextInput, emailInput, urlInput, fileInput],
]);
