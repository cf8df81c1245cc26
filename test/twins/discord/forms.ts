/** Discord's forms as schemas, and the schema's complaints as Discord words them. */
import { z } from 'zod';
import { invalidForm, type Problem } from './refusals.ts';

/** A string of so many characters; like Discord, code points are counted. */
export function text(min: number, max: number) {
  return z.string().superRefine((value, context) => {
    const { length } = [...value];
    if (length < min) context.addIssue(lengthIssue('BASE_TYPE_MIN_LENGTH', `Must be ${min} or more in length.`));
    if (length > max) context.addIssue(lengthIssue('BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`));
  });
}

function lengthIssue(code: string, message: string) {
  return { code: 'custom' as const, message, params: { code } };
}

export const snowflake = z.string().regex(/^\d{17,20}$/);

export function oneOf<const Values extends readonly (string | number)[]>(...values: Values) {
  return z.literal(values);
}

/** The form, without fields that Discord does not know; throws 50035. */
export function parseForm<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body ?? {}, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw invalidForm(parsed.error.issues.map(problemOf));
}

function problemOf(issue: z.core.$ZodIssue): Problem {
  return { path: issue.path, code: codeOf(issue), message: messageOf(issue) };
}

function codeOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'custom':
      return String(issue.params?.code ?? 'BASE_TYPE_INVALID');
    case 'too_big':
    case 'too_small':
      if (issue.origin === 'array') return 'BASE_TYPE_BAD_LENGTH';
      return issue.code === 'too_big' ? 'NUMBER_TYPE_MAX' : 'NUMBER_TYPE_MIN';
    case 'invalid_type':
      return issue.input === undefined ? 'BASE_TYPE_REQUIRED' : `${issue.expected.toUpperCase()}_TYPE_CONVERT`;
    case 'invalid_value':
      return 'BASE_TYPE_CHOICES';
    case 'invalid_union':
      return 'UNION_TYPE_CHOICES';
    case 'invalid_format':
      return 'STRING_TYPE_REGEX';
    default:
      return 'BASE_TYPE_INVALID';
  }
}

function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_type' && issue.input === undefined ? 'This field is required' : issue.message;
}
