import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { SetupError } from '../errors.ts';
import { AGENT_NAMES } from './agents/agents.ts';
import type { PromptMessage } from './ports.ts';
import { SKILL_NAMES } from './skills.ts';

/**
 * Prompts are Markdown files with front matter (name, version, variables). An agent's prompt has two parts,
 * headed `# System` and `# User`. The system part takes no variables, so learner text can never enter it and a
 * provider can cache it; the user part names its variables as {{name}}, stable ones first.
 * A skill's briefing (prompts/skills/) is one text without variables.
 */
export interface Prompts {
  render(name: string, variables: Record<string, string>): PromptMessage[];
}

const frontMatterSchema = z.strictObject({
  name: z.string(),
  version: z.number().int(),
  variables: z.array(z.string()).default([]),
  /** True: the briefings of all skills follow the system part. */
  skills: z.boolean().default(false),
});

interface PromptFile {
  /** As a person would find it: prompts/skills/redirect.md. */
  file: string;
  name: string;
  variables: readonly string[];
  skills: boolean;
  body: string;
}

/** Reads and checks every prompt. Throws SetupError with one sentence per mistake. */
export async function loadPrompts(directory: string): Promise<Prompts> {
  const complaints: string[] = [];
  const agents = await readPrompts(directory, 'prompts', complaints);
  const skills = await readPrompts(join(directory, 'skills'), 'prompts/skills', complaints);
  complaints.push(
    ...missing('prompts', agents, AGENT_NAMES),
    ...missing('prompts/skills', skills, SKILL_NAMES),
    ...agents.flatMap((file) => [...agentComplaints(file)]),
    ...skills.flatMap((file) => [...skillComplaints(file)]),
  );
  if (complaints.length > 0) throw new SetupError(complaints);
  const briefings = skills.map((file) => `### ${file.name}\n${file.body.trim()}`).join('\n\n');
  const byName = new Map(
    agents.map((file) => {
      const { system, user } = sections(file.body);
      return [file.name, { system: file.skills ? `${system}\n\nThe skills:\n\n${briefings}` : system, user }];
    }),
  );
  return {
    render(name, variables) {
      const { system, user } = known(byName, name);
      return [
        { role: 'system', content: system },
        { role: 'user', content: fill(name, user, variables) },
      ];
    },
  };
}

/** A learner's words, marked as data: the tag cannot be closed from inside, not even with invisible characters. */
export function asData(tag: string, text: string): string {
  const name = [...tag].join('\\p{Cf}*');
  const lookalike = new RegExp(`<[\\s\\p{Cf}]*/?[\\s\\p{Cf}]*${name}`, 'giu');
  return `<${tag}>\n${text.replaceAll(lookalike, '‹')}\n</${tag}>`;
}

async function readPrompts(directory: string, place: string, complaints: string[]): Promise<PromptFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.md')).sort();
  const sources = await Promise.all(names.map((name) => readFile(join(directory, name), 'utf8')));
  return sources.flatMap((source, index) => {
    const file = `${place}/${names[index]}`;
    const parsed = parsePrompt(source);
    if (!parsed) complaints.push(`${file}: it needs front matter with name, version and variables.`);
    else if (file !== `${place}/${parsed.name}.md`)
      complaints.push(`${file}: its name is "${parsed.name}": give both the same one.`);
    return parsed ? [{ file, ...parsed }] : [];
  });
}

/** Null without proper front matter. */
function parsePrompt(source: string): Omit<PromptFile, 'file'> | null {
  const [, head, body] = /^---\n(.*?)\n---\n(.*)$/s.exec(source.replaceAll('\r\n', '\n')) ?? [];
  if (head === undefined || body === undefined) return null;
  const yaml = parseDocument(head);
  const parsed = frontMatterSchema.safeParse(yaml.errors.length === 0 ? yaml.toJS() : null);
  return parsed.success ? { ...parsed.data, body } : null;
}

function* missing(place: string, files: readonly PromptFile[], names: readonly string[]): Generator<string> {
  for (const name of names) {
    if (!files.some((file) => file.name === name)) yield `${place}: there is no prompt named "${name}".`;
  }
}

function* agentComplaints(file: PromptFile): Generator<string> {
  const { system, user } = sections(file.body);
  if (!system || !user) yield `${file.file}: it needs a "# System" and a "# User" part.`;
  if (placeholders(system).length > 0) yield `${file.file}: its system part may not have variables.`;
  const used = placeholders(user);
  for (const name of used) {
    if (!file.variables.includes(name)) yield `${file.file}: {{${name}}} is not among its variables.`;
  }
  for (const name of file.variables) {
    if (!used.includes(name)) yield `${file.file}: its variable "${name}" is never used.`;
  }
}

function* skillComplaints(file: PromptFile): Generator<string> {
  if (file.variables.length > 0 || placeholders(file.body).length > 0) yield `${file.file}: a skill has no variables.`;
  if (file.body.trim() === '') yield `${file.file}: it is empty.`;
}

function sections(body: string): { system: string; user: string } {
  const [, system = '', user = ''] = /^\s*# System\n(.*?)\n# User\n(.*)$/s.exec(body) ?? [];
  return { system: system.trim(), user: user.trim() };
}

const PLACEHOLDER = /\{\{\s*([\w-]+)\s*\}\}/g;

function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''))];
}

function fill(name: string, template: string, variables: Record<string, string>): string {
  return template.replace(PLACEHOLDER, (_, key: string) => {
    const value = variables[key];
    if (value === undefined) throw new Error(`prompt "${name}" was not given its variable "${key}"`);
    return value;
  });
}

function known<T>(entries: ReadonlyMap<string, T>, name: string): T {
  const entry = entries.get(name);
  if (entry === undefined) throw new Error(`unknown prompt "${name}"`);
  return entry;
}
