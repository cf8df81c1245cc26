import { type APIChatInputApplicationCommandInteraction, ApplicationCommandOptionType } from 'discord-api-types/v10';
import { openPanel } from './admin.ts';
import { moveFrom, openBilling, subscribeTo } from './billing.ts';
import type { AdminOption, AdminSubcommand } from './commands.ts';
import { valuesOf } from './tutor-command.ts';
import type { Visit } from './visit.ts';

/** `/tutor-admin …`: each of these looks for itself whether the person may. */
export async function onAdminCommand(
  visit: Visit,
  interaction: APIChatInputApplicationCommandInteraction,
): Promise<void> {
  const [chosen] = interaction.data.options ?? [];
  // A client that still shows the command as it was before.
  if (chosen?.type !== ApplicationCommandOptionType.Subcommand) return openPanel(visit, interaction);
  const name = chosen.name as AdminSubcommand;
  const options: Partial<Record<AdminOption, unknown>> = valuesOf(chosen.options ?? []);
  switch (name) {
    case 'settings':
      return openPanel(visit, interaction);
    case 'subscribe':
      return subscribeTo(visit, interaction, String(options.plan ?? ''));
    case 'billing':
      return openBilling(visit, interaction);
    case 'move':
      return moveFrom(visit, interaction, String(options.server ?? ''));
    default:
      throw new Error(`an unknown subcommand: ${name satisfies never}`);
  }
}
