/** What a person holds after using the app: how it was acknowledged, what it showed, and a modal to fill in. */
import { ComponentType, InteractionResponseType, InteractionType } from 'discord-api-types/v10';
import { type AnyComponent, allComponents } from './component-forms.ts';
import { type Acknowledgement, beginInteraction, type Interaction } from './interactions.ts';
import type { Modal } from './modal-forms.ts';
import { isSaid, type ShownMessage, show } from './shown.ts';
import type { State } from './state.ts';

export interface Used {
  id: string;
  token: string;
  /** Resolves with the first acknowledgement that came, also with one that was too late. */
  acknowledged: Promise<Acknowledgement>;
  /** What it shows to the person, as it is now, oldest first: the answer, and what followed it. */
  replies(): ShownMessage[];
  /** The modal that it opened; null when it opened none. */
  modal(): Modal | null;
  /** Fills in the modal: what is left out keeps its value. Throws for what Discord's window would not take. */
  submits(fields: Record<string, string | string[]>): Used;
}

export function usedOf(state: State, interaction: Interaction): Used {
  return {
    id: interaction.id,
    token: interaction.token,
    acknowledged: interaction.acknowledged.promise,
    replies: () =>
      interaction.replyIds
        .map((id) => state.messages.get(id))
        .filter((message) => message !== undefined)
        .filter(isSaid)
        .map(show),
    modal: () => interaction.modal,
    submits(fields) {
      const { modal } = interaction;
      if (interaction.acknowledgement?.type !== InteractionResponseType.Modal || !modal) {
        throw new Error('no modal was shown');
      }
      const names = allComponents(modal.components).map(({ custom_id: id }) => id);
      const unknown = Object.keys(fields).find((name) => !names.includes(name));
      if (unknown) throw new Error(`the modal has no field ${unknown}, but ${names.filter(Boolean).join(', ')}`);
      const components = modal.components.map((component) => filled(component, fields));
      const submission = beginInteraction(state, {
        type: InteractionType.ModalSubmit,
        user: interaction.user,
        channel: interaction.channel,
        data: { custom_id: modal.custom_id, components, resolved: {} } as object,
        source: interaction.source,
        opener: interaction,
      });
      return usedOf(state, submission);
    },
  };
}

type Field = AnyComponent & {
  value?: string;
  required?: boolean;
  min_length?: number;
  max_length?: number;
  options?: { value: string; default?: boolean }[];
  default?: boolean;
};

/** A component of a modal as it is submitted. */
function filled(component: Field, fields: Record<string, string | string[]>): object {
  const { type, id, custom_id } = component;
  if (component.components) return { type, id, components: component.components.map((each) => filled(each, fields)) };
  if (component.component) return { type, id, component: filled(component.component, fields) };
  if (custom_id === undefined) return { type, id };
  const given = fields[custom_id];
  switch (type) {
    case ComponentType.TextInput:
      return { type, id, custom_id, value: typed(component, String(given ?? component.value ?? '')) };
    case ComponentType.Checkbox:
      return { type, id, custom_id, value: given === undefined ? Boolean(component.default) : given === 'true' };
    case ComponentType.RadioGroup:
      return { type, id, custom_id, value: chosen(component, given)[0] ?? null };
    default:
      return { type, id, custom_id, values: chosen(component, given) };
  }
}

function typed(
  { custom_id, required = true, min_length: min = 0, max_length: max = 4000 }: Field,
  value: string,
): string {
  const { length } = [...value];
  if (required && length === 0) throw new Error(`${custom_id} has to be filled in`);
  if (length > max || (length > 0 && length < min)) throw new Error(`${custom_id} takes ${min} to ${max} characters`);
  return value;
}

function chosen({ custom_id, required = true, options = [] }: Field, given: string | string[] | undefined): string[] {
  const preset = options.filter((each) => each.default).map(({ value }) => value);
  const values = given === undefined ? preset : [given].flat();
  if (required && values.length === 0) throw new Error(`${custom_id} has to be filled in`);
  const unknown = values.find((value) => !options.some((each) => each.value === value));
  if (options.length > 0 && unknown !== undefined) throw new Error(`${custom_id} has no option ${unknown}`);
  return values;
}
