import {
  type APIApplicationCommandOption,
  type APIApplicationCommandOptionChoice,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  type LocalizationMap,
} from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import { en } from '../../../src/bots/discord/interactions/command-names/en.ts';
import { ADMIN, ASK_ABOUT, commandDefinitions, TUTOR } from '../../../src/bots/discord/interactions/commands.ts';

/** Discord's rules for commands, checked in every language that a learner may see. */

const LANGUAGES = ['de', 'es-ES', 'es-419', 'fr', 'pt-BR', 'ja'] as const;

interface Named {
  name: string;
  name_localizations?: LocalizationMap | null | undefined;
  description?: string;
  description_localizations?: LocalizationMap | null | undefined;
}

interface Node extends Named {
  /** Such as "tutor start level". */
  path: string;
  /** A command or an option that people type. */
  isTyped: boolean;
  children: Node[];
}

function nodeOf(named: Named, parent: string, isTyped: boolean): Node {
  const path = `${parent} ${named.name}`.trim();
  const { options = [], choices = [] } = named as {
    options?: APIApplicationCommandOption[];
    choices?: APIApplicationCommandOptionChoice[];
  };
  const children = [
    ...options.map((option) => nodeOf(option, path, true)),
    ...choices.map((choice) => nodeOf(choice, path, false)),
  ];
  return { ...named, path, isTyped, children };
}

const COMMANDS = commandDefinitions().map((command) =>
  nodeOf(command as Named, '', command.type === ApplicationCommandType.ChatInput),
);
const withAll = (node: Node): Node[] => [node, ...node.children.flatMap(withAll)];
const NODES = COMMANDS.flatMap(withAll);

const nameIn = (node: Named, language?: (typeof LANGUAGES)[number]) =>
  (language && node.name_localizations?.[language]) ?? node.name;
const namesOf = (node: Named) => [node.name, ...LANGUAGES.map((language) => nameIn(node, language))];
const descriptionsOf = (node: Named) =>
  [node.description, ...Object.values(node.description_localizations ?? {})].map((text) => text ?? '');

test('there are the three commands that the bot knows', () => {
  expect(COMMANDS.map(({ name }) => name)).toEqual([TUTOR, ASK_ABOUT, ADMIN]);
  const [tutor, , admin] = COMMANDS;
  expect(tutor?.children.map(({ name }) => name)).toEqual(Object.keys(en.subcommands));
  expect(admin?.children.map(({ name }) => name)).toEqual(Object.keys(en.adminSubcommands));
});

test('the key of a subcommand and of an option is the name that an interaction brings', () => {
  for (const words of [en.subcommands, en.options, en.adminSubcommands, en.adminOptions]) {
    expect(Object.values(words).map(({ name }) => name)).toEqual(Object.keys(words));
  }
});

test('everything is translated', () => {
  const missing = NODES.flatMap((node) =>
    LANGUAGES.filter(
      (language) =>
        !node.name_localizations?.[language] || (node.description && !node.description_localizations?.[language]),
    ).map((language) => `${node.path} (${language})`),
  );
  expect(missing).toEqual([]);
  const [start] = COMMANDS[0]?.children ?? [];
  expect(LANGUAGES.map((language) => nameIn(start as Node, language))).toEqual([
    ...['starten', 'empezar', 'empezar', 'commencer', 'começar', '開始'],
  ]);
});

describe.each(NODES.map((node) => [node.path, node] as const))('%s', (_, node) => {
  test('has names and descriptions that Discord takes', () => {
    const form = node.isTyped ? /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u : /^.{1,32}$/u;
    for (const name of namesOf(node)) {
      expect(name).toMatch(form);
      expect(name.trim()).toBe(name);
      if (node.isTyped) expect(name.toLowerCase()).toBe(name);
    }
    for (const text of descriptionsOf(node)) expect(text).toMatch(node.isTyped ? /^\S.{0,98}\S$/u : /^$/);
  });

  test('has children that are told apart in every language, also from the English names of the others', () => {
    expect(node.children.length).toBeLessThanOrEqual(25);
    for (const language of [undefined, ...LANGUAGES]) {
      const names = node.children.map((child) => nameIn(child, language));
      expect(new Set(names).size).toBe(names.length);
      for (const child of node.children) {
        const others = node.children.filter((other) => other !== child).map(({ name }) => name);
        expect(others).not.toContain(nameIn(child, language));
      }
    }
  });
});

test('the longest texts of a command have 8,000 characters at most', () => {
  const longest = (texts: string[]) => Math.max(...texts.map((text) => text.length));
  const value = (node: Node) => ('value' in node ? String(node.value).length : 0);
  for (const command of COMMANDS) {
    const sizes = withAll(command).map((node) => longest(namesOf(node)) + longest(descriptionsOf(node)) + value(node));
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(8_000);
  }
});

test('only those who manage a server see its settings, and only there', () => {
  const [tutor, askAbout, admin] = commandDefinitions();
  expect(admin).toMatchObject({ default_member_permissions: '32', contexts: [0], integration_types: [0] });
  for (const each of [tutor, askAbout]) {
    expect(each).toMatchObject({ contexts: [0, 1], integration_types: [0] });
    expect(each).not.toHaveProperty('default_member_permissions');
  }
});

test('a lesson may be started without a word; a question has to be asked', () => {
  const [tutor] = commandDefinitions();
  const options = tutor && 'options' in tutor ? (tutor.options ?? []) : [];
  const optionsOf = (name: string) => {
    const subcommand = options.find((option) => option.name === name);
    return subcommand && 'options' in subcommand ? (subcommand.options ?? []) : [];
  };
  const { String: text, Boolean: flag } = ApplicationCommandOptionType;
  const choices = (...values: string[]) => values.map((value) => expect.objectContaining({ value }));
  expect(optionsOf('start')).toEqual([
    expect.objectContaining({ name: 'topic', type: text, autocomplete: true, max_length: 100 }),
    expect.objectContaining({ name: 'level', choices: choices('beginner', 'intermediate', 'advanced') }),
    expect.objectContaining({ name: 'mode', choices: choices('course', 'questions') }),
    expect.objectContaining({ name: 'persona', type: text, autocomplete: true, max_length: 100 }),
    expect.objectContaining({ name: 'private', type: flag }),
  ]);
  for (const option of optionsOf('start')) expect(option).not.toHaveProperty('required');
  expect(optionsOf('ask')).toEqual([
    expect.objectContaining({ name: 'question', type: text, required: true, max_length: 2_000 }),
  ]);
  expect(optionsOf('voice')).toEqual([
    expect.objectContaining({ name: 'speak', type: text, choices: choices('on', 'off', 'join', 'leave') }),
    expect.objectContaining({ name: 'voice', type: text, autocomplete: true, max_length: 60 }),
  ]);
});

test('what is sold, and to which server it belongs, is offered while somebody types', () => {
  const [, , admin] = commandDefinitions();
  const options = admin && 'options' in admin ? (admin.options ?? []) : [];
  const text = { type: ApplicationCommandOptionType.String, autocomplete: true, max_length: 100 };
  expect(options).toEqual([
    expect.not.objectContaining({ options: expect.anything() }),
    expect.objectContaining({ options: [expect.objectContaining({ ...text, name: 'plan', required: false })] }),
    expect.not.objectContaining({ options: expect.anything() }),
    expect.objectContaining({ options: [expect.objectContaining({ ...text, name: 'server', required: true })] }),
  ]);
});
