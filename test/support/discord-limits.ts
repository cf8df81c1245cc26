import { type APIEmbed, ComponentType, type RESTPostAPIChannelMessageJSONBody } from 'discord-api-types/v10';

/** Why Discord would refuse a message, by the limits of its documentation; empty where it takes it. */
export function refusals(message: RESTPostAPIChannelMessageJSONBody): string[] {
  const { content = '', embeds = [], components = [] } = message;
  return [
    ...longer('content', content, 2000),
    ...(content.trim() === '' && embeds.length === 0 ? ['nothing to show'] : []),
    ...(embeds.length > 10 ? [`${embeds.length} embeds`] : []),
    ...embeds.flatMap(embedRefusals),
    ...longer('all embeds', embeds.map(textOf).join(''), 6000),
    ...(components.length > 5 ? [`${components.length} rows`] : []),
    ...components.flatMap(rowRefusals),
    ...repeatedIds(components),
  ];
}

type Components = NonNullable<RESTPostAPIChannelMessageJSONBody['components']>;

function longer(what: string, text: string, limit: number): string[] {
  return text.length > limit ? [`${what}: ${text.length} characters, ${limit} at most`] : [];
}

function sized(what: string, text: string, limit: number): string[] {
  return text.trim() === '' ? [`${what} is empty`] : longer(what, text, limit);
}

function embedRefusals(embed: APIEmbed): string[] {
  const { title, description, fields = [], footer } = embed;
  return [
    ...(title === undefined ? [] : sized('title', title, 256)),
    ...(description === undefined ? [] : sized('description', description, 4096)),
    ...(fields.length > 25 ? [`${fields.length} fields`] : []),
    ...fields.flatMap(({ name, value }) => [...sized('field name', name, 256), ...sized('field value', value, 1024)]),
    ...(footer ? sized('footer', footer.text, 2048) : []),
  ];
}

function textOf({ title = '', description = '', fields = [], footer, author }: APIEmbed): string {
  const inFields = fields.map(({ name, value }) => name + value).join('');
  return title + description + inFields + (footer?.text ?? '') + (author?.name ?? '');
}

function rowRefusals(row: Components[number]): string[] {
  if (row.type !== ComponentType.ActionRow) return [`component ${row.type} outside a row`];
  const menus = row.components.filter(({ type }) => type !== ComponentType.Button).length;
  const fits = menus === 0 ? row.components.length >= 1 && row.components.length <= 5 : row.components.length === 1;
  return [
    ...(fits ? [] : [`a row of ${row.components.length}`]),
    ...row.components.flatMap((component) => {
      if (component.type === ComponentType.Button) {
        return 'label' in component ? sized('label', component.label ?? '', 80) : [];
      }
      if (component.type !== ComponentType.StringSelect) return [];
      const { options, placeholder = '' } = component;
      return [
        ...(options.length < 1 || options.length > 25 ? [`${options.length} options`] : []),
        ...options.flatMap(({ label, value }) => [...sized('option', label, 100), ...sized('value', value, 100)]),
        ...(new Set(options.map(({ value }) => value)).size < options.length ? ['a value twice'] : []),
        ...longer('placeholder', placeholder, 150),
      ];
    }),
  ];
}

function repeatedIds(components: Components): string[] {
  const ids = components.flatMap((row) =>
    row.type === ComponentType.ActionRow
      ? row.components.flatMap((each) => ('custom_id' in each ? [each.custom_id] : []))
      : [],
  );
  return [
    ...ids.flatMap((id) => sized('custom id', id, 100)),
    ...(new Set(ids).size < ids.length ? ['a custom id twice'] : []),
  ];
}
