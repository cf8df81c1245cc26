import { REST } from '@discordjs/rest';
import {
  type APIApplicationCommand,
  ApplicationCommandType,
  type RESTPutAPIApplicationCommandsJSONBody,
} from 'discord-api-types/v10';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { registerCommands } from '../../../src/bots/discord/connection/register.ts';
import { commandDefinitions } from '../../../src/bots/discord/interactions/commands.ts';
import { type DiscordTwin, startDiscordTwin } from '../../twins/discord/twin.ts';

/** Discord's own client against the twin, which counts how often commands are written. */

let twin: DiscordTwin;
let rest: REST;

beforeAll(async () => {
  twin = await startDiscordTwin();
  rest = new REST({ api: twin.url, retries: 0 }).setToken(twin.token);
});
beforeEach(() => register([]));
afterAll(async () => {
  expect(twin.violations).toEqual([]);
  await twin.close();
});

const register = (definitions: RESTPutAPIApplicationCommandsJSONBody, guildId?: string) =>
  registerCommands(rest, twin.applicationId, definitions, guildId ? { guildId } : {});

test('commands are written once, with every language, and then left alone', async () => {
  const before = twin.commandWrites();
  expect(await register(commandDefinitions())).toBe('written');
  expect(await register(commandDefinitions())).toBe('unchanged');
  expect(await register(commandDefinitions())).toBe('unchanged');
  expect(twin.commandWrites()).toBe(before + 1);
  expect(twin.commands().map(({ name }) => name)).toEqual(commandDefinitions().map(({ name }) => name));
  expect(twin.commands()).toMatchObject(commandDefinitions());
});

test('processes that register at the same moment leave what one would leave', async () => {
  await Promise.all(Array.from({ length: 4 }, () => register(commandDefinitions())));
  expect(twin.commands()).toMatchObject(commandDefinitions());
  expect(await register(commandDefinitions())).toBe('unchanged');
});

test('in one server they are registered there only, without contexts', async () => {
  const { id } = twin.addGuild({ name: 'School' });
  const bodies: unknown[] = [];
  twin.faults.onRequest(({ method, body, moment }) => {
    if (method === 'PUT' && moment === 'arrived') bodies.push(body);
    return null;
  });
  expect(await register(commandDefinitions(), id)).toBe('written');
  expect(await register(commandDefinitions(), id)).toBe('unchanged');
  twin.faults.onRequest(null);
  expect(twin.commands(id)).toHaveLength(3);
  expect(twin.commands()).toEqual([]);
  expect(bodies).toHaveLength(1);
  expect(JSON.stringify(bodies)).not.toMatch(/"(?:contexts|integration_types)"/);
});

type Command = Record<string, unknown> & { name: string; options?: Command[]; choices?: Command[] };

/** The definitions with one change to the tree. */
function changed(change: (commands: Command[]) => void): RESTPutAPIApplicationCommandsJSONBody {
  const commands = commandDefinitions() as unknown as Command[];
  change(commands);
  return commands as unknown as RESTPutAPIApplicationCommandsJSONBody;
}

const tutor = (commands: Command[]) => commands[0] as Command;
const start = (commands: Command[]) => tutor(commands).options?.[0] as Command;

describe('a change is written, and only once', () => {
  test.each<[string, (commands: Command[]) => void]>([
    ['a command that is gone', (commands) => void commands.pop()],
    [
      'a command that is new',
      (commands) => void commands.push({ ...tutor(commands), name: 'more', description: 'More of it' }),
    ],
    ['another type of command', (commands) => void Object.assign(commands[1] as Command, { type: 2 })],
    ['a description', (commands) => void Object.assign(tutor(commands), { description: 'Another' })],
    [
      'a translation',
      (commands) => void Object.assign(start(commands).name_localizations as object, { de: 'anfangen' }),
    ],
    ['a translation that is gone', (commands) => void Object.assign(start(commands), { name_localizations: {} })],
    ['who may use it', (commands) => void delete commands[2]?.default_member_permissions],
    ['where it may be used', (commands) => void Object.assign(tutor(commands), { contexts: [0] })],
    ['the order of options', (commands) => void start(commands).options?.reverse()],
    [
      'an option that has to be given',
      (commands) => void Object.assign(start(commands).options?.[0] as Command, { required: true }),
    ],
    ['a limit', (commands) => void Object.assign(start(commands).options?.[0] as Command, { max_length: 99 })],
    ['a choice', (commands) => void start(commands).options?.[1]?.choices?.pop()],
  ])('%s', async (_, change) => {
    await register(commandDefinitions());
    expect(await register(changed(change))).toBe('written');
    expect(await register(changed(change))).toBe('unchanged');
    expect(await register(commandDefinitions())).toBe('written');
  });
});

const everyPart = (commands: Command[]): Command[] =>
  commands.flatMap((part) => [part, ...everyPart([...(part.options ?? []), ...(part.choices ?? [])])]);

/** What Discord does to commands between PUT and GET; it may do any of it. */
const ALTERATIONS: Record<string, (commands: Command[]) => void> = {
  'ids and versions'(commands) {
    for (const [index, command] of commands.entries()) {
      Object.assign(command, { id: `${index}`, application_id: '1', version: '2', description_localized: 'x' });
    }
  },
  defaults(commands) {
    for (const command of commands) {
      const { default_member_permissions = null, description = '', type = 1 } = command;
      Object.assign(command, { nsfw: false, dm_permission: true, default_member_permissions, description, type });
    }
  },
  'defaults of options'(commands) {
    for (const option of everyPart(tutor(commands).options ?? [])) {
      const { required = false, autocomplete = false, options = [], choices = [] } = option;
      Object.assign(option, { required, autocomplete, options, choices });
    }
  },
  'translations that say the same'(commands) {
    for (const part of everyPart(commands)) {
      const { name, name_localizations } = part;
      const texts = Object.entries(name_localizations as object).filter(([, text]) => text !== name);
      part.name_localizations = texts.length > 0 ? Object.fromEntries(texts) : null;
    }
  },
  'the order of contexts'(commands) {
    for (const { contexts } of commands) (contexts as number[]).reverse();
  },
  'the order of commands': (commands) => void commands.reverse(),
};

test('what Discord adds, forgets and sorts is no change', async () => {
  const names = Object.keys(ALTERATIONS);
  const before = twin.commandWrites();
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(names), async (chosen) => {
      const commands = commandDefinitions() as unknown as Command[];
      for (const name of chosen) ALTERATIONS[name]?.(commands);
      twin.faults.failNext((method) => method === 'GET', 1, { status: 200, body: commands });
      expect(await register(commandDefinitions())).toBe('unchanged');
    }),
  );
  expect(twin.commandWrites()).toBe(before);
});

test('a command without a type is a slash command', async () => {
  const definitions = changed((commands) => void delete tutor(commands).type);
  expect(await register(definitions)).toBe('written');
  expect(await register(definitions)).toBe('unchanged');
  expect((twin.commands() as APIApplicationCommand[])[0]?.type).toBe(ApplicationCommandType.ChatInput);
});

test('what Discord refuses is rejected', async () => {
  await expect(registerCommands(rest, '1', commandDefinitions())).rejects.toMatchObject({ status: 403 });
});
