/** What blocks and elements are made of: texts, options, confirmations. And a schema's complaints, worded as Slack does. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/**
 * A string of so many characters. UTF-16 units are counted: Slack does not say how it counts, and whoever keeps within
 * the largest of the counts keeps within all.
 */
export function text(min: number, max: number) {
  return z.string().min(min).max(max);
}

export function oneOf<const Values extends readonly (string | number)[]>(...values: Values) {
  return z.literal(values);
}

export function plainText(max = 3000) {
  return z.strictObject({ type: z.literal('plain_text'), text: text(1, max), emoji: z.boolean().optional() });
}

export function mrkdwn(max = 3000) {
  return z.strictObject({ type: z.literal('mrkdwn'), text: text(1, max), verbatim: z.boolean().optional() });
}

export function anyText(max = 3000) {
  return z.discriminatedUnion('type', [plainText(max), mrkdwn(max)]);
}

/** Any scheme: Slack opens its own links, and those of other programs, too. */
export const link = text(1, 3000).regex(/^[a-z][a-z0-9+.-]*:\S+$/i, 'must be a valid URL');
export const webLink = text(1, 3000).regex(/^https?:\/\/\S+$/i, 'must be a valid URL');

export const colour = oneOf('primary', 'danger');

export const confirm = z.strictObject({
  title: plainText(100).optional(),
  text: anyText(300),
  confirm: plainText(30).optional(),
  deny: plainText(30).optional(),
  style: colour.optional(),
});

export const dispatchConfig = z.strictObject({
  trigger_actions_on: z.array(oneOf('on_enter_pressed', 'on_character_entered')).min(1).max(2).optional(),
});

export const conversationFilter = z
  .strictObject({
    include: z
      .array(oneOf('im', 'mpim', 'private', 'public'))
      .min(1)
      .optional(),
    exclude_external_shared_channels: z.boolean().optional(),
    exclude_bot_users: z.boolean().optional(),
  })
  .refine((filter) => Object.keys(filter).length > 0, 'must provide at least one field');

const value = text(1, 150);
/** Of a menu. */
export const option = z.strictObject({
  text: plainText(75),
  value,
  description: plainText(75).optional(),
});
/** Of checkboxes and radio buttons: the only ones that may be formatted. */
export const formattedOption = z.strictObject({ text: anyText(75), value, description: anyText(75).optional() });
/** Of an overflow menu: the only ones that may be links. */
export const overflowOption = option.extend({ url: link.optional() });
export const optionGroup = z.strictObject({ label: plainText(75), options: z.array(option).min(1).max(100) });

interface WithOptions {
  options?: { value: string }[] | undefined;
  option_groups?: { options: { value: string }[] }[] | undefined;
  initial_option?: object | undefined;
  initial_options?: object[] | undefined;
}

/** What no single option can see: that values are different, and that what is chosen at first is there to be chosen. */
export function checkOptions(element: WithOptions, context: z.core.$RefinementCtx): void {
  const all = element.options ?? element.option_groups?.flatMap(({ options }) => options) ?? [];
  const values = all.map((each) => each.value);
  const again = values.find((each, index) => values.indexOf(each) < index);
  if (again !== undefined) {
    const path = [element.options ? 'options' : 'option_groups'];
    context.addIssue({ code: 'custom', path, message: `option value "${again}" already exists` });
  }
  const isThere = (wanted: object) => all.some((each) => isDeepStrictEqual(each, wanted));
  const message = 'must be one of the provided options';
  if (element.initial_option && !isThere(element.initial_option)) {
    context.addIssue({ code: 'custom', path: ['initial_option'], message });
  }
  for (const [index, wanted] of (element.initial_options ?? []).entries()) {
    if (!isThere(wanted)) context.addIssue({ code: 'custom', path: ['initial_options', index], message });
  }
}

const slackFile = z
  .strictObject({ id: text(1, 255).optional(), url: webLink.optional() })
  .refine(({ id, url }) => (id === undefined) !== (url === undefined), 'must provide either id or url');

/** Where a picture comes from: spread into a form that is then checked with `checkPicture`. */
export const picture = { image_url: webLink.optional(), slack_file: slackFile.optional() };

export function checkPicture(
  form: { image_url?: string | undefined; slack_file?: object | undefined },
  context: z.core.$RefinementCtx,
): void {
  if ((form.image_url === undefined) !== (form.slack_file === undefined)) return;
  context.addIssue({ code: 'custom', message: 'must provide either image_url or slack_file' });
}

/** What is wrong with it, each with its path; nothing if it is right. */
export function complaintsOf(schema: z.ZodType, form: unknown, path = ''): string[] {
  const { error } = schema.safeParse(form, { reportInput: true });
  return (error?.issues ?? []).flatMap((issue) => {
    const missing = missingIn(issue);
    const at = [path, ...(missing === null ? issue.path : issue.path.slice(0, -1)).map(String)].join('/');
    const messages = missing === null ? messagesOf(issue) : [`missing required field: ${missing}`];
    return messages.map((message) => `${at}: ${message}`);
  });
}

/** The field that should be there; null if something is there, and wrong. */
function missingIn({ code, path, input }: z.core.$ZodIssue): string | null {
  if (code === 'custom' || path.length === 0) return null;
  const isMissing = input === undefined || (code === 'invalid_union' && typeIn(input) === undefined);
  return isMissing ? String(path.at(-1)) : null;
}

function messagesOf(issue: z.core.$ZodIssue): string[] {
  switch (issue.code) {
    case 'too_big':
      if (issue.origin === 'array') return [`no more than ${issue.maximum} items allowed`];
      return [`must be less than ${Number(issue.maximum) + 1}${unitOf(issue.origin)}`];
    case 'too_small':
      if (issue.origin === 'array') return [`no fewer than ${issue.minimum} items allowed`];
      return [`must be more than ${Number(issue.minimum) - 1}${unitOf(issue.origin)}`];
    case 'unrecognized_keys':
      return issue.keys.map((key) => `invalid additional property: ${key}`);
    case 'invalid_type':
      return [`must provide ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`];
    case 'invalid_union':
      return [`unsupported type: ${typeIn(issue.input)}`];
    case 'invalid_value':
      return [`must be one of: ${issue.values.join(', ')}`];
    default:
      return [issue.message];
  }
}

function unitOf(origin: string): string {
  return origin === 'string' ? ' characters' : '';
}

function typeIn(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined;
}
