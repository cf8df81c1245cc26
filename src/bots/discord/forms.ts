import { type APIModalSubmitInteraction, ComponentType } from 'discord-api-types/v10';

/** What was typed into a form, by field. */
export function fieldsOf({ data }: APIModalSubmitInteraction): Record<string, string> {
  const fields = data.components.flatMap((part) => {
    if (part.type === ComponentType.Label) return [part.component];
    return part.type === ComponentType.ActionRow ? part.components : [];
  });
  return Object.fromEntries(
    fields.flatMap((field) => ('value' in field ? [[field.custom_id, String(field.value)]] : [])),
  );
}
