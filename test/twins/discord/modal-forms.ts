/** What a callback may answer to an interaction: choices and modals. */
import { ComponentType } from 'discord-api-types/v10';
import { z } from 'zod';
import {
  type AnyComponent,
  base,
  checkCustomIds,
  customId,
  entitySelect,
  option,
  stringSelect,
  textDisplay,
  walk,
} from './component-forms.ts';
import { oneOf, parseForm, text } from './forms.ts';

export const choicesForm = z.object({
  choices: z
    .array(
      z.object({
        name: text(1, 100),
        name_localizations: z.record(z.string(), text(1, 100)).nullish(),
        value: z.union([text(1, 100), z.number()]),
      }),
    )
    .max(25),
});

const textInput = z
  .object({
    ...base,
    type: z.literal(ComponentType.TextInput),
    custom_id: customId,
    style: oneOf(1, 2),
    label: text(1, 45).optional(),
    min_length: z.int().min(0).max(4000).optional(),
    max_length: z.int().min(1).max(4000).optional(),
    required: z.boolean().optional(),
    value: text(0, 4000).optional(),
    placeholder: text(0, 100).optional(),
  })
  .refine(({ value = '', max_length: max = 4000 }) => [...value].length <= max, {
    path: ['value'],
    params: { code: 'BASE_TYPE_MAX_LENGTH' },
  });

const many = {
  custom_id: customId,
  min_values: z.int().min(0).max(10).optional(),
  max_values: z.int().min(1).max(10).optional(),
  required: z.boolean().optional(),
};
const fileUpload = z.object({ ...base, ...many, type: z.literal(ComponentType.FileUpload) });
const radioGroup = z.object({
  ...base,
  type: z.literal(ComponentType.RadioGroup),
  custom_id: customId,
  options: z.array(option).min(2).max(10),
  required: z.boolean().optional(),
});
const checkboxGroup = z.object({
  ...base,
  ...many,
  type: z.literal(ComponentType.CheckboxGroup),
  options: z.array(option).min(1).max(10),
});
const checkbox = z.object({
  ...base,
  type: z.literal(ComponentType.Checkbox),
  custom_id: customId,
  default: z.boolean().optional(),
});

/** The older way: a text input in a row, with a label of its own. */
const row = z.object({
  ...base,
  type: z.literal(ComponentType.ActionRow),
  components: z
    .array(
      textInput.refine(({ label }) => label !== undefined, { path: ['label'], params: { code: 'BASE_TYPE_REQUIRED' } }),
    )
    .length(1),
});
const label = z.object({
  ...base,
  type: z.literal(ComponentType.Label),
  label: text(1, 45),
  description: text(0, 100).optional(),
  component: z.discriminatedUnion('type', [
    textInput,
    stringSelect,
    entitySelect,
    fileUpload,
    radioGroup,
    checkboxGroup,
    checkbox,
  ]),
});

const modalForm = z.object({
  title: text(1, 45),
  custom_id: customId,
  components: z
    .array(z.discriminatedUnion('type', [row, label, textDisplay]))
    .min(1)
    .max(5),
});

export interface Modal {
  title: string;
  custom_id: string;
  components: AnyComponent[];
}

/** Throws 50035. */
export function parseModal(data: unknown): Modal {
  const modal = parseForm(z.object({ data: modalForm }), { data }).data as unknown as Modal;
  checkCustomIds([...walk(modal.components, ['data', 'components'])]);
  return modal;
}
