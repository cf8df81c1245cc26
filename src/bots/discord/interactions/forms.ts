import {
  type APIModalInteractionResponseCallbackData,
  type APIModalSubmitInteraction,
  ComponentType,
  type TextInputStyle,
} from 'discord-api-types/v10';

/** Forms that people fill in. */

export interface Field {
  name: string;
  label: string;
  /** In characters. */
  most: number;
  style: TextInputStyle;
  required: boolean;
  placeholder?: string;
  /** What stands there before anybody types. */
  value?: string | null;
}

export function formOf(
  customId: string,
  title: string,
  fields: readonly Field[],
): APIModalInteractionResponseCallbackData {
  const components = fields.map(({ name, label, most, value, ...field }) => ({
    type: ComponentType.Label as const,
    label,
    component: {
      ...field,
      ...{ type: ComponentType.TextInput as const, custom_id: name, max_length: most },
      ...(value && { value: value.slice(0, most) }),
    },
  }));
  return { custom_id: customId, title, components };
}

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
