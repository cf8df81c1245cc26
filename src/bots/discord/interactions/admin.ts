import {
  type APIChatInputApplicationCommandInteraction,
  type APIMessageComponentInteraction,
  type APIMessageTopLevelComponent,
  type APIModalSubmitInteraction,
  ButtonStyle,
  ChannelType,
  ComponentType,
  SelectMenuDefaultValueType,
  TextInputStyle,
} from 'discord-api-types/v10';
import { CHARACTERS } from '../../../core/characters.ts';
import { changeSettings, readSettings, type WorkspaceSettings } from '../../../core/settings.ts';
import { UserError } from '../../../errors.ts';
import { soon } from '../../in-time.ts';
import type { Translate } from '../../words.ts';
import { amountOf, LANGUAGES } from '../../workspace-settings.ts';
import { mayManage } from '../lessons/people.ts';
import { fieldsOf, formOf } from './forms.ts';
import type { Visit } from './visit.ts';

/** `/tutor-admin settings`: a panel of what holds for a whole server, read by the admin alone. */

const PREFIX = 'admin|';
/** What is switched says which way, so that pressing it twice is the same as once. */
type Part = 'channels' | 'starters' | 'language' | 'character' | 'guard|on' | 'guard|off' | 'budget';
const id = (part: Part) => `${PREFIX}${part}`;

const NONE = '-';

export async function openPanel(
  { bot, sender, exchange, words }: Visit,
  interaction: APIChatInputApplicationCommandInteraction,
): Promise<void> {
  requireAdmin(interaction, words);
  await exchange.defer();
  const settings = await readSettings(bot.db, 'discord', sender.workspace.id);
  await exchange.say({ content: panelText(settings, words), components: panel(settings, words) });
}

/** False: the component is another one. */
export async function onAdminPress(visit: Visit, interaction: APIMessageComponentInteraction): Promise<boolean> {
  const { bot, sender, exchange, words } = visit;
  const { data } = interaction;
  if (!data.custom_id.startsWith(PREFIX)) return false;
  requireAdmin(interaction, words);
  const part = data.custom_id.slice(PREFIX.length);
  if (part === ('budget' satisfies Part)) {
    const settings = await soon(readSettings(bot.db, 'discord', sender.workspace.id), words);
    await exchange.ask(budgetForm(settings, words));
    return true;
  }
  const change = changeOf(part, 'values' in data ? data.values : []);
  if (!change) return false;
  await exchange.acknowledge();
  await showChanged(visit, change);
  return true;
}

/** False: the form is another one. */
export async function onBudget(visit: Visit, interaction: APIModalSubmitInteraction): Promise<boolean> {
  const { exchange, words } = visit;
  if (interaction.data.custom_id !== id('budget')) return false;
  requireAdmin(interaction, words);
  const monthlyBudget = amountOf(fieldsOf(interaction).amount ?? '', words);
  await exchange.acknowledge();
  await showChanged(visit, { monthlyBudget });
  return true;
}

async function showChanged(visit: Visit, change: Partial<WorkspaceSettings>): Promise<void> {
  const { bot, sender, exchange, words } = visit;
  const changed = await changeSettings(bot.db, 'discord', sender.workspace, change);
  await exchange.edit({ content: panelText(changed, words), components: panel(changed, words) });
}

/** Servers may show the command to others, and what it opened stays open for whoever was an admin then. */
export function requireAdmin({ member }: Pick<APIMessageComponentInteraction, 'member'>, words: Translate): void {
  if (!mayManage(member)) throw new UserError('not_admin', words('admin.notAdmin'));
}

/** Null for a part that the panel does not have, such as one of an older panel. */
function changeOf(part: string, values: readonly string[]): Partial<WorkspaceSettings> | null {
  const [first = NONE] = values;
  const chosen = first === NONE ? null : first;
  const changes: Record<Exclude<Part, 'budget'>, Partial<WorkspaceSettings>> = {
    channels: { channels: [...values] },
    starters: { starters: [...values] },
    language: { language: chosen },
    character: { character: chosen },
    'guard|on': { homeworkGuard: true },
    'guard|off': { homeworkGuard: false },
  };
  return Object.hasOwn(changes, part) ? changes[part as keyof typeof changes] : null;
}

function panelText({ homeworkGuard, monthlyBudget }: WorkspaceSettings, words: Translate): string {
  return [
    `### ${words('admin.title')}`,
    `${words('admin.homeworkGuard')}: **${words(homeworkGuard ? 'admin.on' : 'admin.off')}**`,
    `${words('admin.monthlyBudget')}: **${monthlyBudget === null ? '–' : monthlyBudget.toFixed(2)}**`,
  ].join('\n');
}

/** Five rows, which is all that a message may have. */
function panel(settings: WorkspaceSettings, words: Translate): APIMessageTopLevelComponent[] {
  const { ActionRow, ChannelSelect, RoleSelect, Button } = ComponentType;
  const many = { min_values: 0, max_values: 25 };
  const button = (part: Part, label: string) =>
    ({ type: Button, style: ButtonStyle.Secondary, custom_id: id(part), label }) as const;
  const buttons = [
    button(settings.homeworkGuard ? 'guard|off' : 'guard|on', words('admin.switchGuard')),
    button('budget', words('admin.changeBudget')),
  ];
  return [
    {
      type: ActionRow,
      components: [
        {
          ...{ type: ChannelSelect, custom_id: id('channels'), placeholder: words('admin.channels'), ...many },
          channel_types: [ChannelType.GuildText, ChannelType.GuildAnnouncement],
          default_values: settings.channels
            .slice(0, 25)
            .map((id) => ({ id, type: SelectMenuDefaultValueType.Channel })),
        },
      ],
    },
    {
      type: ActionRow,
      components: [
        {
          ...{ type: RoleSelect, custom_id: id('starters'), placeholder: words('admin.roles'), ...many },
          default_values: settings.starters.slice(0, 25).map((id) => ({ id, type: SelectMenuDefaultValueType.Role })),
        },
      ],
    },
    choice(
      'language',
      words('admin.language'),
      LANGUAGES.map((name) => [name, name]),
      settings.language,
    ),
    choice(
      'character',
      words('admin.character'),
      CHARACTERS.map(({ name, label }) => [name, label]),
      settings.character,
    ),
    { type: ActionRow, components: buttons },
  ];
}

function choice(
  part: Part,
  placeholder: string,
  options: readonly (readonly [value: string, label: string])[],
  chosen: string | null,
): APIMessageTopLevelComponent {
  const shown = [[NONE, `${placeholder}: –`] as const, ...options].map(([value, label]) => ({
    value,
    label: label.slice(0, 100),
    default: value === chosen,
  }));
  return {
    type: ComponentType.ActionRow,
    components: [{ type: ComponentType.StringSelect, custom_id: id(part), placeholder, options: shown }],
  };
}

function budgetForm({ monthlyBudget }: WorkspaceSettings, words: Translate) {
  const field = { name: 'amount', most: 12, style: TextInputStyle.Short, required: false };
  const value = monthlyBudget === null ? null : String(monthlyBudget);
  return formOf(id('budget'), words('admin.changeBudget'), [{ ...field, value, label: words('admin.monthlyBudget') }]);
}
