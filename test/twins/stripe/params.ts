/** What a parameter may be. Whatever a route does not name is refused, and noted. */
import type { Form, FormValue } from './forms.ts';
import { invalid, malformed, unknownParameter } from './refusals.ts';

export type Field<T> = (value: FormValue, path: string) => T;
export type Schema = Record<string, Field<unknown>>;
export type Read<S extends Schema> = { [K in keyof S]?: ReturnType<S[K]> };

/** Text that is not empty. */
export const text: Field<string> = (value, path) => {
  const given = plain(value, path);
  if (given !== '') return given;
  const message = `You passed an empty string for '${path}'. We assume empty values are an attempt to unset a parameter; however '${path}' cannot be unset. You should remove '${path}' from your request or supply a non-empty value.`;
  throw malformed(message, path, 'parameter_invalid_empty');
};

/** Text, or null: empty, which takes the value away. */
export const clearable: Field<string | null> = (value, path) => plain(value, path) || null;

export const integer: Field<number> = (value, path) => {
  const given = plain(value, path);
  if (!/^-?\d+$/.test(given)) throw malformed(`Invalid integer: ${given}`, path, 'parameter_invalid_integer');
  return Number(given);
};

export const flag: Field<boolean> = (value, path) => {
  const given = plain(value, path);
  if (given !== 'true' && given !== 'false') throw malformed(`Invalid boolean: ${given}`, path);
  return given === 'true';
};

export function oneOf<T extends string>(...allowed: T[]): Field<T> {
  return (value, path) => {
    const given = plain(value, path);
    const found = allowed.find((each) => each === given);
    if (found !== undefined) return found;
    throw malformed(`Invalid ${path}: must be one of ${allowed.join(', ')}`, path);
  };
}

export function many<T>(field: Field<T>): Field<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw malformed('Invalid array', path);
    return value.map((each, index) => field(each, `${path}[${index}]`));
  };
}

export function group<S extends Schema>(schema: S): Field<Read<S>> {
  return (value, path) => {
    if (typeof value === 'string' || Array.isArray(value)) throw malformed('Invalid object', path);
    return readAll(schema, value, (key) => `${path}[${key}]`);
  };
}

export function groupOrNothing<S extends Schema>(schema: S): Field<Read<S> | null> {
  return (value, path) => (value === '' ? null : group(schema)(value, path));
}

export interface Range {
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
}

/** A moment, or a time between two. */
export const range: Field<Range> = (value, path) => {
  if (typeof value !== 'string') return group({ gt: integer, gte: integer, lt: integer, lte: integer })(value, path);
  const moment = integer(value, path);
  return { gte: moment, lte: moment };
};

/** Values by key; '' takes a key away. Null: all are to go. */
export const metadata: Field<Record<string, string> | null> = (value, path) => {
  if (value === '') return null;
  if (typeof value === 'string' || Array.isArray(value)) throw malformed('Invalid object', path);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, metadatum(key, each, path)]));
};

function metadatum(key: string, value: FormValue, path: string): string {
  const given = plain(value, `${path}[${key}]`);
  if (key.length > 40) throw malformed(`Metadata keys can have up to 40 characters. You passed '${key}'.`, path);
  if (given.length > 500) throw malformed(`Metadata values can have up to 500 characters: ${key}.`, path);
  return given;
}

/** What is left after a change; 50 keys at most. */
export function changedMetadata(
  old: Record<string, string>,
  change: Record<string, string> | null | undefined,
): Record<string, string> {
  if (change === undefined) return old;
  if (change === null) return {};
  const all = Object.entries({ ...old, ...change }).filter(([, value]) => value !== '');
  if (all.length > 50) throw invalid('Metadata can have up to 50 keys.', 'metadata');
  return Object.fromEntries(all);
}

export function readParams<S extends Schema>(schema: S, form: Form): Read<S> {
  return readAll(schema, form, (key) => key);
}

function readAll<S extends Schema>(schema: S, form: Form, pathOf: (key: string) => string): Read<S> {
  const entries = Object.entries(form).map(([key, value]) => {
    const field = Object.hasOwn(schema, key) ? schema[key] : undefined;
    if (!field) throw unknownParameter(pathOf(key));
    return [key, field(value, pathOf(key))] as const;
  });
  return Object.fromEntries(entries) as Read<S>;
}

/** A parameter that must be there. */
export function needed<T>(value: T | undefined, param: string): T {
  if (value === undefined) throw malformed(`Missing required param: ${param}.`, param, 'parameter_missing');
  return value;
}

function plain(value: FormValue, path: string): string {
  if (typeof value !== 'string') throw malformed(`Invalid string: ${JSON.stringify(value)}`, path);
  return value;
}
