import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
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
  /** What a skill asks of the tutor. */
  skill(name: string): string;
}

const frontMatterSchema = z.strictObject({
  name: z.string(),
  version: z.number().int(),
  variables: z.array(z.string()).default([]),
});

interface PromptFile {
  file: string;
  name: string;
  variables: readonly string[];
  body: string;
}

/** Reads and checks every prompt. Throws SetupError with one sentence per mistake. */
export async function loadPrompts(directory: string): Promise<Prompts> {
  const agents = await readPrompts(directory);
  const skills = await readPrompts(join(directory, 'skills'));
  const complaints = [
    ...missing('prompts', agents, AGENT_NAMES),
    ...missing('prompts/skills', skills, SKILL_NAMES),
    ...agents.flatMap((file) => [...agentComplaints(file)]),
    ...skills.flatMap((file) => [...undeclared(file, placeholders(file.body))]),
  ];
  if (complaints.length > 0) throw new SetupError(complaints);
  const byName = new Map(agents.map((file) => [file.name, sections(file.body)]));
  const briefings = new Map(skills.map((file) => [file.name, file.body.trim()]));
  return {
    render(name, variables) {
      const { system, user } = known(byName, name);
      return [
        { role: 'system', content: system },
        { role: 'user', content: fill(name, user, variables) },
      ];
    },
    skill: (name) => known(briefings, name),
  };
}

/** A learner's words, marked as data: the tag cannot be closed from inside. */
export function asData(tag: string, text: string): string {
  return `<${tag}>\n${text.replaceAll(new RegExp(`</?\\s*${tag}`, 'gi'), '‹')}\n</${tag}>`;
}

async function readPrompts(directory: string): Promise<PromptFile[]> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.md')).sort();
  return Promise.all(
    files.map(async (file) => {
      const source = await readFile(join(directory, file), 'utf8');
      const [, head, body] = /^---\n(.*?)\n---\n(.*)$/s.exec(source) ?? [];
      const parsed = frontMatterSchema.safeParse(parse(head ?? ''));
      if (!parsed.success || body === undefined) {
        throw new SetupError([`prompts: ${file} needs front matter with name, version and variables.`]);
      }
      return { file, name: parsed.data.name, variables: parsed.data.variables, body };
    }),
  );
}

function* missing(place: string, files: readonly PromptFile[], names: readonly string[]): Generator<string> {
  for (const name of names) {
    if (!files.some((file) => file.name === name)) yield `${place}: there is no prompt named "${name}".`;
  }
}

function* agentComplaints(file: PromptFile): Generator<string> {
  const { system, user } = sections(file.body);
  if (!system || !user) yield `prompts/${file.file}: it needs a "# System" and a "# User" part.`;
  if (placeholders(system).length > 0) yield `prompts/${file.file}: its system part may not have variables.`;
  yield* undeclared(file, placeholders(user));
}

function* undeclared(file: PromptFile, used: readonly string[]): Generator<string> {
  for (const name of used) {
    if (!file.variables.includes(name)) yield `prompts/${file.file}: {{${name}}} is not among its variables.`;
  }
  for (const name of file.variables) {
    if (!used.includes(name)) yield `prompts/${file.file}: its variable "${name}" is never used.`;
  }
}

function sections(body: string): { system: string; user: string } {
  const [, system = '', user = ''] = /^\s*# System\n(.*?)\n# User\n(.*)$/s.exec(body) ?? [];
  return { system: system.trim(), user: user.trim() };
}

function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? ''))];
}

function fill(name: string, template: string, variables: Record<string, string>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, key: string) => {
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
