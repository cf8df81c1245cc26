/** Discord's command picker: which commands somebody is offered, and what it takes as their options. */
import {
  type APIApplicationCommand,
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
} from 'discord-api-types/v10';
import { storeFile } from './messages.ts';
import { may, permissionsIn } from './permissions.ts';
import { registered } from './routes-commands.ts';
import type { Channel, State, StoredFile, User } from './state.ts';

export type OptionValue = string | number | boolean | StoredFile;

/** The command of that name; throws when the picker does not show it to this person in this place. */
export function findCommand(
  state: State,
  user: User,
  channel: Channel,
  type: ApplicationCommandType,
  name: string,
): APIApplicationCommand {
  const { guildId } = channel;
  const isBotHere = guildId === null || state.guilds.get(guildId)?.members.has(state.bot.id);
  const offered = [...(guildId ? registered(state, guildId) : []), ...registered(state, null)].filter((command) => {
    const isForPlace = !command.contexts || command.contexts.includes(guildId === null ? 1 : 0);
    const needed = BigInt(command.default_member_permissions ?? 0);
    const has = guildId === null ? needed : permissionsIn(state, user.id, channel);
    return isBotHere && command.type === type && isForPlace && (has & needed) === needed;
  });
  const command = offered.find((each) => each.name === name);
  if (!command || !may(state, user.id, channel, 'UseApplicationCommands')) {
    throw new Error(
      `the picker does not show "${name}", only: ${offered.map((each) => each.name).join(', ') || 'nothing'}`,
    );
  }
  return command;
}

/** The data of a slash command: `path` is "tutor start", with subcommands. `focused` is the option being typed. */
export function slashData(
  state: State,
  user: User,
  channel: Channel,
  path: string,
  values: Record<string, OptionValue>,
  focused: string | null,
) {
  const [name = '', ...below] = path.split(' ');
  const command = findCommand(state, user, channel, ApplicationCommandType.ChatInput, name);
  const attachments: Record<string, object> = {};
  const place = { state, channel, attachments, focused };
  const options = chosenOptions(place, command.options ?? [], below, values);
  return {
    id: command.id,
    name: command.name,
    type: command.type,
    ...(options.length > 0 && { options }),
    ...(command.guild_id && { guild_id: command.guild_id }),
    ...(Object.keys(attachments).length > 0 && { resolved: { attachments } }),
  };
}

interface Place {
  state: State;
  channel: Channel;
  attachments: Record<string, object>;
  focused: string | null;
}

function chosenOptions(
  place: Place,
  options: readonly APIApplicationCommandOption[],
  path: string[],
  values: Record<string, OptionValue>,
): object[] {
  const [name, ...below] = path;
  if (name !== undefined) {
    const sub = options.find((option) => option.name === name);
    if (!sub || !('options' in sub || sub.type <= ApplicationCommandOptionType.SubcommandGroup)) {
      throw new Error(`the picker does not show "${name}", only: ${namesOf(options)}`);
    }
    const children = (sub as { options?: APIApplicationCommandOption[] }).options ?? [];
    return [{ name, type: sub.type, options: chosenOptions(place, children, below, values) }];
  }
  const basic = options as readonly APIApplicationCommandBasicOption[];
  if (basic.some((option) => (option.type as number) <= ApplicationCommandOptionType.SubcommandGroup)) {
    throw new Error(`one of the subcommands has to be named: ${namesOf(options)}`);
  }
  const unknown = Object.keys(values).find((key) => !basic.some((option) => option.name === key));
  if (unknown) throw new Error(`there is no option "${unknown}", only: ${namesOf(basic)}`);
  const missing = basic.find((option) => option.required && values[option.name] === undefined);
  if (missing && place.focused === null) throw new Error(`the option "${missing.name}" is required`);
  return basic.flatMap((option) => {
    const value = values[option.name];
    return value === undefined ? [] : [chosenOption(place, option, value)];
  });
}

function namesOf(options: readonly { name: string }[]): string {
  return options.map(({ name }) => name).join(', ');
}

function chosenOption(place: Place, option: APIApplicationCommandBasicOption, value: OptionValue): object {
  const { name, type } = option;
  if (place.focused === name) return { name, type, value, focused: true };
  const refuse = (why: string): never => {
    throw new Error(`the option "${name}" does not take ${JSON.stringify(value)}: ${why}`);
  };
  switch (type) {
    case ApplicationCommandOptionType.String: {
      if (typeof value !== 'string') return refuse('it is a text');
      const { length } = [...value];
      if (length < (option.min_length ?? 0) || length > (option.max_length ?? 6000)) refuse('its length');
      break;
    }
    case ApplicationCommandOptionType.Integer:
    case ApplicationCommandOptionType.Number:
      if (typeof value !== 'number') return refuse('it is a number');
      if (value < (option.min_value ?? -Infinity) || value > (option.max_value ?? Infinity)) refuse('its size');
      break;
    case ApplicationCommandOptionType.Boolean:
      if (typeof value !== 'boolean') refuse('it is yes or no');
      break;
    case ApplicationCommandOptionType.Attachment: {
      if (typeof value !== 'object') return refuse('it is a file');
      const attachment = storeFile(place.state, place.channel.id, value);
      place.attachments[attachment.id] = attachment;
      return { name, type, value: attachment.id };
    }
    default:
      return refuse('the twin knows no such options');
  }
  const choices: readonly { value: string | number }[] = ('choices' in option && option.choices) || [];
  if (choices.length > 0 && !choices.some((choice) => choice.value === value)) refuse('it is no choice');
  return { name, type, value };
}
