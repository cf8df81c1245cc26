import { isDeepStrictEqual } from 'node:util';
import type { REST } from '@discordjs/rest';
import {
  type APIApplicationCommand,
  ApplicationCommandType,
  type RESTPutAPIApplicationCommandsJSONBody,
  Routes,
} from 'discord-api-types/v10';

/** Null: in all servers. One server sees changes at once and is for development. */
interface Scope {
  guildId?: string | null;
}

/**
 * Makes the commands known to Discord, and writes only what differs, because Discord takes a limited number of changes
 * a day. Whatever else was registered there is replaced. The definitions say where commands are available, as Discord's
 * default for that depends on the application. Safe to run by several processes at once: what is written is always the
 * whole. Rejects with what @discordjs/rest rejects with.
 */
export async function registerCommands(
  rest: REST,
  applicationId: string,
  definitions: RESTPutAPIApplicationCommandsJSONBody,
  { guildId = null }: Scope = {},
): Promise<'unchanged' | 'written'> {
  if (await areRegistered(rest, applicationId, definitions, { guildId })) return 'unchanged';
  const body = guildId ? definitions.map(withoutContexts) : definitions;
  await rest.put(routeOf(applicationId, guildId), { body });
  return 'written';
}

/** Whether Discord knows these commands, and no others. */
export async function areRegistered(
  rest: REST,
  applicationId: string,
  definitions: RESTPutAPIApplicationCommandsJSONBody,
  { guildId = null }: Scope = {},
): Promise<boolean> {
  const query = new URLSearchParams({ with_localizations: 'true' });
  const registered = (await rest.get(routeOf(applicationId, guildId), { query })) as APIApplicationCommand[];
  const compared = (commands: readonly object[]) => normalCommands(guildId ? commands.map(withoutContexts) : commands);
  return isDeepStrictEqual(compared(registered), compared(definitions));
}

function routeOf(applicationId: string, guildId: string | null): `/${string}` {
  return guildId ? Routes.applicationGuildCommands(applicationId, guildId) : Routes.applicationCommands(applicationId);
}

/** The commands of one server are for that server, and may not say so. */
function withoutContexts(command: object): object {
  const { contexts: _, integration_types: __, ...rest } = command as APIApplicationCommand;
  return rest;
}

/** What Discord adds of its own. */
const ADDED = [
  ...['id', 'application_id', 'guild_id', 'version', 'dm_permission', 'default_permission'],
  ...['name_localized', 'description_localized'],
];
/** Their order means nothing. That of options and choices is what people see. */
const SETS = ['contexts', 'integration_types', 'channel_types'];

/** By type and name; that of a command without a type is a slash command. */
function normalCommands(commands: readonly object[]): Map<string, unknown> {
  return new Map(
    commands.map((command) => {
      const typed = { type: ApplicationCommandType.ChatInput, ...(command as { name: string }) };
      return [`${typed.type} ${typed.name}`, normal(typed)];
    }),
  );
}

/** Without what Discord adds, and without what is as good as left out. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  const owner = value as Record<string, unknown>;
  const fields = Object.entries(owner)
    .filter(([key]) => !ADDED.includes(key))
    .map(([key, field]) => [key, normalField(owner, key, field)] as const);
  return Object.fromEntries(fields.filter(([, field]) => !isDefault(field)));
}

function normalField(owner: Record<string, unknown>, key: string, field: unknown): unknown {
  if (SETS.includes(key)) return [...((field ?? []) as number[])].sort();
  const [, translated] = /^(.+)_localizations$/.exec(key) ?? [];
  if (translated === undefined) return normal(field);
  // Discord forgets a translation that says what the default says.
  const texts = Object.entries(field ?? {}).filter(([, text]) => text !== null && text !== owner[translated]);
  return Object.fromEntries(texts);
}

function isDefault(field: unknown): boolean {
  if (typeof field === 'object' && field !== null) return Object.keys(field).length === 0;
  return field === undefined || field === null || field === false || field === '';
}
