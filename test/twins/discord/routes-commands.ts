/** Routes that register application commands, for all guilds or for one. */
import type { APIApplicationCommand } from 'discord-api-types/v10';
import { type CommandForm, checkCounts, isUnchanged, parseCommand, parseCommands, storable } from './command-forms.ts';
import { Refusal } from './refusals.ts';
import type { Call, Routes } from './routes.ts';
import type { State } from './state.ts';

export const commandRoutes: Routes = {
  ...routesOf('/applications/:application/commands'),
  ...routesOf('/applications/:application/guilds/:guild/commands'),
};

function routesOf(scope: `/${string}`): Routes {
  return {
    [`GET ${scope}`]: (call: Call) => commandsIn(call),
    [`PUT ${scope}`]: (call: Call) => {
      const before = commandsIn(call);
      const after = parseCommands(call.body).map((form) => register(call, form));
      for (const { id } of before) if (!after.some((command) => command.id === id)) call.state.commands.delete(id);
      call.state.commandWrites += 1;
      return after;
    },
    [`POST ${scope}`]: (call: Call) => {
      const form = parseCommand(call.body);
      checkCounts([...commandsIn(call).filter((each) => !isSame(each, form)), form]);
      call.state.commandWrites += 1;
      return register(call, form);
    },
    [`GET ${scope}/:command`]: (call: Call) => commandOf(call),
    [`PATCH ${scope}/:command`]: (call: Call) => {
      const command = commandOf(call);
      const form = parseCommand({ ...command, ...(call.body as object) });
      call.state.commandWrites += 1;
      return store(call, form, command);
    },
    [`DELETE ${scope}/:command`]: (call: Call) => {
      call.state.commands.delete(commandOf(call).id);
      call.state.commandWrites += 1;
    },
  };
}

/** Those of the guild in the path, or the global ones. */
function commandsIn({ state, params }: Call): APIApplicationCommand[] {
  if (params.application !== state.applicationId) throw new Refusal('notYourApplication');
  if (params.guild && !state.guilds.get(params.guild)?.members.has(state.bot.id)) throw new Refusal('missingAccess');
  return registered(state, params.guild ?? null);
}

export function registered(state: State, guildId: string | null): APIApplicationCommand[] {
  return [...state.commands.values()].filter((command) => (command.guild_id ?? null) === guildId);
}

function commandOf(call: Call): APIApplicationCommand {
  const command = commandsIn(call).find(({ id }) => id === call.params.command);
  if (!command) throw new Refusal('unknownCommand');
  return command;
}

function isSame(command: APIApplicationCommand, form: CommandForm): boolean {
  return command.type === form.type && command.name === form.name;
}

function register(call: Call, form: CommandForm): APIApplicationCommand {
  return store(
    call,
    form,
    commandsIn(call).find((command) => isSame(command, form)),
  );
}

/** A command keeps its id, and its version for as long as nothing about it changes. */
function store(
  { state, params }: Call,
  form: CommandForm,
  before: APIApplicationCommand | undefined,
): APIApplicationCommand {
  if (before && isUnchanged(form, before)) return before;
  const command = {
    id: before?.id ?? state.nextId(),
    application_id: state.applicationId,
    ...(params.guild && { guild_id: params.guild }),
    version: state.nextId(),
    ...storable(form),
  } as APIApplicationCommand;
  state.commands.set(command.id, command);
  return command;
}
