import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOptionChoice,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type LocalizationMap,
  PermissionFlagsBits,
  type RESTPostAPIApplicationCommandsJSONBody,
  type RESTPutAPIApplicationCommandsJSONBody,
} from 'discord-api-types/v10';
import { de } from './command-names/de.ts';
import { type CommandNames, en } from './command-names/en.ts';
import { es } from './command-names/es.ts';
import { fr } from './command-names/fr.ts';
import { ja } from './command-names/ja.ts';
import { ptBR } from './command-names/ptBR.ts';

/** What people can call in Discord. An interaction brings the English names, whatever its sender sees. */

export const TUTOR = en.tutor.name;
export const ADMIN = en.admin.name;
export const ASK_ABOUT = en.askAbout;

export type Subcommand = keyof typeof en.subcommands;
export type AdminSubcommand = keyof typeof en.adminSubcommands;
export type AdminOption = keyof typeof en.adminOptions;
/** Of `start`: all but `question`, which belongs to `ask`, and `speak` and `voice`, which belong to `voice`. */
export type TutorOption = keyof typeof en.options;

const TRANSLATIONS = { de, 'es-ES': es, 'es-419': es, fr, 'pt-BR': ptBR, ja } satisfies Partial<
  Record<keyof LocalizationMap, CommandNames>
>;

const MAX_TOPIC_CHARACTERS = 100;
const MAX_PERSONA_CHARACTERS = 100;
const MAX_QUESTION_CHARACTERS = 2_000;
const MAX_VOICE_CHARACTERS = 60;
const MAX_OFFERED_CHARACTERS = 100;

/** All commands, as Discord takes them. */
export function commandDefinitions(): RESTPutAPIApplicationCommandsJSONBody {
  const { Guild, BotDM } = InteractionContextType;
  return [
    {
      type: ApplicationCommandType.ChatInput,
      ...described((names) => names.tutor),
      ...available(Guild, BotDM),
      options: subcommands(),
    },
    {
      type: ApplicationCommandType.Message,
      ...named((names) => names.askAbout),
      ...available(Guild, BotDM),
    },
    {
      type: ApplicationCommandType.ChatInput,
      ...described((names) => names.admin),
      ...available(Guild),
      default_member_permissions: String(PermissionFlagsBits.ManageGuild),
      options: adminSubcommands(),
    },
  ];
}

function available(
  ...contexts: InteractionContextType[]
): Pick<RESTPostAPIApplicationCommandsJSONBody, 'contexts' | 'integration_types'> {
  return { contexts, integration_types: [ApplicationIntegrationType.GuildInstall] };
}

function subcommands(): APIApplicationCommandSubcommandOption[] {
  const options: Partial<Record<Subcommand, APIApplicationCommandBasicOption[]>> = {
    start: startOptions(),
    ask: [{ ...text('question', MAX_QUESTION_CHARACTERS), required: true }],
    voice: [
      { ...text('speak'), choices: choices((names) => names.speaking) },
      { ...text('voice', MAX_VOICE_CHARACTERS), autocomplete: true },
    ],
  };
  return keysOf(en.subcommands).map((name) => ({
    type: ApplicationCommandOptionType.Subcommand,
    ...described((names) => names.subcommands[name]),
    ...(options[name] && { options: options[name] }),
  }));
}

/** What is sold is offered while somebody types: the commands are the same whatever the plans are. */
function adminSubcommands(): APIApplicationCommandSubcommandOption[] {
  const option = (name: AdminOption, required: boolean) => ({
    ...{ type: ApplicationCommandOptionType.String as const, autocomplete: true as const, required },
    ...{ ...described((names) => names.adminOptions[name]), max_length: MAX_OFFERED_CHARACTERS },
  });
  const options: Partial<Record<AdminSubcommand, APIApplicationCommandBasicOption[]>> = {
    subscribe: [option('plan', false)],
    move: [option('server', true)],
  };
  return keysOf(en.adminSubcommands).map((name) => ({
    type: ApplicationCommandOptionType.Subcommand,
    ...described((names) => names.adminSubcommands[name]),
    ...(options[name] && { options: options[name] }),
  }));
}

function startOptions(): APIApplicationCommandBasicOption[] {
  return [
    { ...text('topic', MAX_TOPIC_CHARACTERS), autocomplete: true },
    { ...text('level'), choices: choices((names) => names.levels) },
    { ...text('mode'), choices: choices((names) => names.modes) },
    { ...text('persona', MAX_PERSONA_CHARACTERS), autocomplete: true },
    { type: ApplicationCommandOptionType.Boolean, ...described((names) => names.options.private) },
  ];
}

function text(name: TutorOption, maxLength?: number) {
  return {
    type: ApplicationCommandOptionType.String as const,
    ...described((names) => names.options[name]),
    ...(maxLength && { max_length: maxLength }),
  };
}

/** The value of a choice is our own word for it. */
function choices<Value extends string>(
  pick: (names: CommandNames) => Readonly<Record<Value, string>>,
): APIApplicationCommandOptionChoice<string>[] {
  return keysOf(pick(en)).map((value) => ({ value, ...named((names) => pick(names)[value]) }));
}

function described(pick: (names: CommandNames) => CommandNames['tutor']) {
  return {
    ...named((names) => pick(names).name),
    description: pick(en).description,
    description_localizations: translated((names) => pick(names).description),
  };
}

function named(pick: (names: CommandNames) => string) {
  return { name: pick(en), name_localizations: translated(pick) };
}

function translated(pick: (names: CommandNames) => string): LocalizationMap {
  return Object.fromEntries(Object.entries(TRANSLATIONS).map(([locale, names]) => [locale, pick(names)]));
}

function keysOf<Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(record) as Key[];
}
