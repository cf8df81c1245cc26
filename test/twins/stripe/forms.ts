/** Stripe's way of writing nested parameters into a form: `items[0][price]=price_1`. */
import { malformed } from './refusals.ts';

export type FormValue = string | FormValue[] | { [key: string]: FormValue };
export type Form = Record<string, FormValue>;

interface Branch {
  [key: string]: string | Branch;
}

export function readForm(text: string): Form {
  const root: Branch = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) plant(root, pathOf(name), value, name);
  return Object.fromEntries(Object.entries(root).map(([key, value]) => [key, grown(value)]));
}

function pathOf(name: string): string[] {
  const [, first, rest] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
  if (first === undefined || rest === undefined) throw malformed(`Invalid parameter name: ${name}`, name);
  return [first, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1] ?? '')];
}

function plant(root: Branch, path: string[], value: string, name: string): void {
  let branch = root;
  for (const key of path.slice(0, -1)) {
    const index = key === '' ? String(Object.keys(branch).length) : key;
    branch[index] ??= Object.create(null) as Branch;
    const next = branch[index];
    if (typeof next === 'string') throw malformed(`Invalid parameter: ${name}`, name);
    branch = next;
  }
  const last = path.at(-1) ?? '';
  branch[last === '' ? String(Object.keys(branch).length) : last] = value;
}

/** Numbers as keys are places in a list. */
function grown(value: string | Branch): FormValue {
  if (typeof value === 'string') return value;
  const entries = Object.entries(value).map(([key, each]) => [key, grown(each)] as const);
  const isList = entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key));
  return isList ? entries.map(([, each]) => each) : Object.fromEntries(entries);
}
