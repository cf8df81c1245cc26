/** What an application command may look like. */
import {
  type APIApplicationCommand,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  Locale,
} from 'discord-api-types/v10';
import { z } from 'zod';
import { oneOf, parseForm, text } from './forms.ts';
import { invalidField } from './refusals.ts';

const MAX_CHARACTERS = 8000;
const MAX_OF_TYPE: Record<number, number> = { 1: 100, 2: 15, 3: 15 };

const locales = z.enum(Locale);
const name = z
  .string()
  .regex(/^[-_ʼ\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u)
  .refine((value) => value === value.toLowerCase(), { params: { code: 'APPLICATION_COMMAND_INVALID_NAME' } });
const description = text(1, 100);
const localized = <Text extends z.ZodType>(of: Text) => z.partialRecord(locales, of).nullish();
const named = {
  name,
  name_localizations: localized(name),
  description,
  description_localizations: localized(description),
};

const choice = z.object({
  name: text(1, 100),
  name_localizations: localized(text(1, 100)),
  value: z.union([text(1, 100), z.number()]),
});

const value = z
  .object({
    ...named,
    type: oneOf(3, 4, 5, 6, 7, 8, 9, 10, 11),
    required: z.boolean().optional(),
    choices: z.array(choice).max(25).optional(),
    channel_types: z.array(z.int()).optional(),
    min_value: z.number().optional(),
    max_value: z.number().optional(),
    min_length: z.int().min(0).max(6000).optional(),
    max_length: z.int().min(1).max(6000).optional(),
    autocomplete: z.boolean().optional(),
  })
  .refine(({ autocomplete, choices }) => !(autocomplete && choices?.length), {
    path: ['autocomplete'],
    params: { code: 'APPLICATION_COMMAND_OPTIONS_CHOICES_WITH_AUTOCOMPLETE' },
  });

interface Option {
  type: number;
  name: string;
  required?: boolean | undefined;
}

const subcommand = z.object({
  ...named,
  type: z.literal(ApplicationCommandOptionType.Subcommand),
  options: z.array(value).max(25).superRefine(checkOptions).optional(),
});
const group = z.object({
  ...named,
  type: z.literal(ApplicationCommandOptionType.SubcommandGroup),
  options: z.array(subcommand).max(25).superRefine(checkOptions),
});
const options = z
  .array(z.discriminatedUnion('type', [value, subcommand, group]))
  .max(25)
  .superRefine(checkOptions);

/** What no single option can see: its neighbours. */
function checkOptions(all: readonly Option[], context: z.RefinementCtx): void {
  const refuse = (path: PropertyKey[], code: string, message: string) =>
    context.addIssue({ code: 'custom', path, message, params: { code } });
  const isSub = ({ type }: Option) => type <= ApplicationCommandOptionType.SubcommandGroup;
  const stranger = all.findIndex((option) => isSub(option) !== isSub(all[0] ?? option));
  if (stranger >= 0) {
    refuse([stranger, 'type'], 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', 'Sub-commands and values cannot be mixed');
  }
  const names = all.map(({ name }) => name);
  const twice = names.findIndex((each, index) => names.indexOf(each) !== index);
  if (twice >= 0) refuse([twice, 'name'], 'APPLICATION_COMMAND_OPTIONS_NAME_INVALID', 'Option name already exists');
  const firstOptional = all.findIndex(({ required }) => !required);
  const late = all.findIndex(({ required }, index) => required && firstOptional >= 0 && index > firstOptional);
  if (late >= 0) {
    const problem = 'Required options must be placed before non-required options';
    refuse([late], 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID', problem);
  }
}

const shared = {
  default_member_permissions: z.string().nullish(),
  nsfw: z.boolean().optional(),
  integration_types: z.array(oneOf(0, 1)).min(1).optional(),
  contexts: z
    .array(oneOf(0, 1, 2))
    .min(1)
    .nullish(),
};
const chatInput = z.object({ ...shared, ...named, type: z.literal(1), options: options.optional() });
/** Names of menu entries may have capitals and spaces, and there is nothing to describe. */
const menuEntry = z.object({
  ...shared,
  name: text(1, 32),
  name_localizations: localized(text(1, 32)),
  description: z.literal('').optional(),
  type: oneOf(2, 3),
});

const commandForm = z.preprocess(
  (body) => (typeof body === 'object' && body !== null ? { type: ApplicationCommandType.ChatInput, ...body } : body),
  z.discriminatedUnion('type', [chatInput, menuEntry]),
);
const commandForms = z.array(commandForm);

export type CommandForm = z.infer<typeof commandForm>;

export function parseCommand(body: unknown): CommandForm {
  const command = parseForm(commandForm, body);
  checkSize(command, []);
  return command;
}

/** All commands of a scope, as one PUT sets them; throws 50035. */
export function parseCommands(body: unknown): CommandForm[] {
  const commands = parseForm(commandForms, body);
  for (const [index, command] of commands.entries()) {
    checkSize(command, [index]);
    if (commands.findIndex((each) => each.type === command.type && each.name === command.name) < index) {
      throw invalidField([index], 'APPLICATION_COMMANDS_DUPLICATE_NAME', 'Application command names must be unique');
    }
  }
  checkCounts(commands);
  return commands;
}

export function checkCounts(commands: readonly { type: number }[]): void {
  for (const [type, max] of Object.entries(MAX_OF_TYPE)) {
    if (commands.filter((each) => each.type === Number(type)).length <= max) continue;
    throw invalidField([], 'BASE_TYPE_MAX_LENGTH', `Maximum number of application commands reached (${max})`);
  }
}

/** Names, descriptions and values count; of each text its longest translation. */
function checkSize(command: CommandForm, path: PropertyKey[]): void {
  if (sizeOf(command) <= MAX_CHARACTERS) return;
  throw invalidField(path, 'APPLICATION_COMMAND_TOO_LARGE', `Command exceeds maximum size (${MAX_CHARACTERS})`);
}

interface Sized {
  name: string;
  name_localizations?: object | null | undefined;
  description?: string | undefined;
  description_localizations?: object | null | undefined;
  value?: string | number;
  choices?: readonly Sized[] | undefined;
  options?: readonly Sized[] | undefined;
}

function sizeOf(part: Sized): number {
  const longest = (base: string, translations: object | null | undefined) =>
    Math.max(...[base, ...(Object.values(translations ?? {}) as string[])].map((each) => [...each].length));
  const own =
    longest(part.name, part.name_localizations) + longest(part.description ?? '', part.description_localizations);
  const below = [...(part.options ?? []), ...(part.choices ?? [])].reduce((sum, each) => sum + sizeOf(each), 0);
  return own + String(part.value ?? '').length + below;
}

/** Whether a form says what is registered already. */
export function isUnchanged(form: CommandForm, command: APIApplicationCommand): boolean {
  const { id: _id, application_id: _app, guild_id: _guild, version: _version, ...registered } = command;
  return JSON.stringify(registered) === JSON.stringify(storable(form));
}

/** The form with what Discord adds where it is left out. */
export function storable(form: CommandForm) {
  return {
    ...form,
    description: form.description ?? '',
    default_member_permissions: form.default_member_permissions ?? null,
    nsfw: form.nsfw ?? false,
    integration_types: form.integration_types ?? [0],
    contexts: form.contexts ?? null,
  };
}
