/** Components of messages: what each may hold, and what a message may hold of them. */
import { type APIMessageTopLevelComponent, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { z } from 'zod';
import { oneOf, snowflake, text } from './forms.ts';
import { invalidField } from './refusals.ts';

const MAX_ROWS = 5;
const MAX_IN_ROW = 5;
const MAX_COMPONENTS = 40;
const MAX_TEXT = 4000;

export const base = { id: z.int().min(0).optional() };
export const customId = text(1, 100);
const emoji = z.object({ id: snowflake.nullish(), name: z.string().nullish(), animated: z.boolean().optional() });

const EXCLUSIVE = 'BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE';
const button = z
  .object({
    ...base,
    type: z.literal(ComponentType.Button),
    style: oneOf(1, 2, 3, 4, 5, 6),
    label: text(0, 80).optional(),
    emoji: emoji.optional(),
    custom_id: customId.optional(),
    url: text(1, 512).optional(),
    sku_id: snowflake.optional(),
    disabled: z.boolean().optional(),
  })
  .superRefine((value, context) => {
    const complain = (field: 'custom_id' | 'url' | 'sku_id' | 'label' | 'emoji', code: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message, params: { code } });
    const isPremium = value.style === ButtonStyle.Premium;
    const wanted = value.style === ButtonStyle.Link ? 'url' : isPremium ? 'sku_id' : 'custom_id';
    if (value[wanted] === undefined) complain(wanted, 'BASE_TYPE_REQUIRED', 'This field is required');
    for (const field of (['custom_id', 'url', 'sku_id'] as const).filter((each) => each !== wanted)) {
      if (value[field] === undefined) continue;
      if (isPremium || field === 'sku_id') complain(field, 'BUTTON_COMPONENT_INVALID', `Not with this style: ${field}`);
      else complain(field, EXCLUSIVE, 'A custom id and url cannot both be specified');
    }
    // Discord writes on it what it sells, and for how much.
    for (const field of (['label', 'emoji'] as const).filter((each) => isPremium && value[each] !== undefined)) {
      complain(field, 'BUTTON_COMPONENT_INVALID', `Not with this style: ${field}`);
    }
    const isBlank = !value.label && !value.emoji;
    if (!isPremium && isBlank) complain('label', 'BUTTON_COMPONENT_INVALID', 'A label or emoji is required');
  });

export const option = z.object({
  label: text(1, 100),
  value: text(1, 100),
  description: text(0, 100).optional(),
  emoji: emoji.optional(),
  default: z.boolean().optional(),
});

const select = {
  ...base,
  custom_id: customId,
  placeholder: text(0, 150).optional(),
  min_values: z.int().min(0).max(25).optional(),
  max_values: z.int().min(1).max(25).optional(),
  disabled: z.boolean().optional(),
  required: z.boolean().optional(),
};

export const stringSelect = z.object({
  ...select,
  type: z.literal(ComponentType.StringSelect),
  options: z.array(option).min(1).max(25),
});
/** Users, roles, mentionables and channels. */
export const entitySelect = z.object({
  ...select,
  type: oneOf(5, 6, 7, 8),
  default_values: z.array(z.object({ id: snowflake, type: oneOf('user', 'role', 'channel') })).optional(),
  channel_types: z.array(z.int()).optional(),
});

const row = z.object({
  ...base,
  type: z.literal(ComponentType.ActionRow),
  components: z
    .array(z.discriminatedUnion('type', [button, stringSelect, entitySelect]))
    .min(1)
    .max(MAX_IN_ROW),
});

export const textDisplay = z.object({
  ...base,
  type: z.literal(ComponentType.TextDisplay),
  content: text(1, MAX_TEXT),
});
const media = z.object({ url: text(1, 2048) });
const described = { description: text(0, 1024).nullish(), spoiler: z.boolean().optional() };
const thumbnail = z.object({ ...base, ...described, type: z.literal(ComponentType.Thumbnail), media });
const section = z.object({
  ...base,
  type: z.literal(ComponentType.Section),
  components: z.array(textDisplay).min(1).max(3),
  accessory: z.discriminatedUnion('type', [button, thumbnail]),
});
const gallery = z.object({
  ...base,
  type: z.literal(ComponentType.MediaGallery),
  items: z
    .array(z.object({ ...described, media }))
    .min(1)
    .max(10),
});
const file = z.object({ ...base, type: z.literal(ComponentType.File), file: media, spoiler: z.boolean().optional() });
const separator = z.object({
  ...base,
  type: z.literal(ComponentType.Separator),
  divider: z.boolean().optional(),
  spacing: oneOf(1, 2).optional(),
});
const inContainer = [row, textDisplay, section, gallery, file, separator] as const;
const container = z.object({
  ...base,
  type: z.literal(ComponentType.Container),
  components: z.array(z.discriminatedUnion('type', inContainer)).min(1),
  accent_color: z.int().min(0).max(0xffffff).nullish(),
  spoiler: z.boolean().optional(),
});

export const messageComponents = z.array(z.discriminatedUnion('type', [...inContainer, container]));

/** Any component, with what the walks below look at. */
export interface AnyComponent {
  type: ComponentType;
  id?: number;
  custom_id?: string;
  sku_id?: string;
  label?: string;
  content?: string;
  components?: AnyComponent[];
  component?: AnyComponent;
  accessory?: AnyComponent;
}

/** All components, from the outside in and from first to last, each with its path. */
export function* walk(
  components: readonly AnyComponent[],
  path: PropertyKey[] = [],
): Generator<[AnyComponent, PropertyKey[]]> {
  for (const [index, component] of components.entries()) yield* walkOne(component, [...path, index]);
}

function* walkOne(component: AnyComponent, path: PropertyKey[]): Generator<[AnyComponent, PropertyKey[]]> {
  yield [component, path];
  if (component.components) yield* walk(component.components, [...path, 'components']);
  if (component.component) yield* walkOne(component.component, [...path, 'component']);
  if (component.accessory) yield* walkOne(component.accessory, [...path, 'accessory']);
}

export function allComponents(components: readonly unknown[]): AnyComponent[] {
  return [...walk(components as AnyComponent[])].map(([component]) => component);
}

/** What no single component can see; throws 50035. */
export function checkComponents(components: z.infer<typeof messageComponents>, isV2: boolean): void {
  const all = [...walk(components as AnyComponent[], ['components'])];
  if (isV2) {
    if (all.length > MAX_COMPONENTS) throw tooMany(MAX_COMPONENTS);
    const length = all.reduce((sum, [{ content = '' }]) => sum + [...content].length, 0);
    if (length > MAX_TEXT) {
      throw invalidField(
        ['components'],
        'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED',
        `Text may have up to ${MAX_TEXT} characters`,
      );
    }
  } else {
    if (components.length > MAX_ROWS) throw tooMany(MAX_ROWS);
    const other = components.findIndex(({ type }) => type !== ComponentType.ActionRow);
    if (other >= 0) {
      throw invalidField(
        ['components', other, 'type'],
        'UNION_TYPE_CHOICES',
        'Value of field "type" must be one of (1,).',
      );
    }
  }
  for (const [component, path] of all) checkRow(component, path);
  checkCustomIds(all);
}

function tooMany(max: number) {
  return invalidField(['components'], 'BASE_TYPE_BAD_LENGTH', `Must be between 1 and ${max} in length.`);
}

/** Nothing is sold that does not exist; throws 50035. */
export function checkSales(components: readonly unknown[], skus: ReadonlyMap<string, unknown>): void {
  for (const [{ sku_id: id }, path] of walk(components as AnyComponent[], ['components'])) {
    if (id === undefined || skus.has(id)) continue;
    throw invalidField([...path, 'sku_id'], 'BUTTON_COMPONENT_INVALID', 'Unknown SKU');
  }
}

/** A select takes the whole row. */
function checkRow({ type, components = [] }: AnyComponent, path: PropertyKey[]): void {
  if (type !== ComponentType.ActionRow || components.length < 2) return;
  const index = components.findIndex((each) => each.type !== ComponentType.Button);
  if (index >= 0) {
    throw invalidField(
      [...path, 'components', index],
      'COMPONENT_LAYOUT_WIDTH_EXCEEDED',
      'Exceeded maximum row width of 5',
    );
  }
}

export function checkCustomIds(all: readonly [AnyComponent, PropertyKey[]][]): void {
  const seen = new Set<string>();
  for (const [{ custom_id: id }, path] of all) {
    if (id === undefined) continue;
    if (seen.has(id)) {
      const problem = 'Component custom id cannot be duplicated';
      throw invalidField([...path, 'custom_id'], 'COMPONENT_CUSTOM_ID_DUPLICATED', problem);
    }
    seen.add(id);
  }
}

/** Gives each component that has none its number, as Discord does. */
export function numbered(components: z.infer<typeof messageComponents>): APIMessageTopLevelComponent[] {
  const copy = structuredClone(components) as AnyComponent[];
  let next = 1;
  for (const [component] of walk(copy)) {
    component.id ??= next;
    next = Math.max(next, component.id) + 1;
  }
  return copy as APIMessageTopLevelComponent[];
}
