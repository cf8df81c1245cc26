/** Rich text: sections, lists, quotes and code, and what may stand in them. */
import { z } from 'zod';
import { link, oneOf, text } from './object-forms.ts';

const flag = z.boolean().optional();
const style = z.strictObject({ bold: flag, italic: flag, strike: flag, code: flag, underline: flag }).optional();
const id = text(1, 255);

const words = z.strictObject({ type: z.literal('text'), text: text(1, 12_000), style });
const linked = z.strictObject({
  type: z.literal('link'),
  url: link,
  text: text(1, 3000).optional(),
  unsafe: flag,
  style,
});

const inline = z.discriminatedUnion('type', [
  words,
  linked,
  z.strictObject({ type: z.literal('broadcast'), range: oneOf('here', 'channel', 'everyone'), style }),
  z.strictObject({
    type: z.literal('color'),
    value: z.string().regex(/^#[0-9a-f]{6}$/i, 'must be a hex colour'),
    style,
  }),
  z.strictObject({ type: z.literal('channel'), channel_id: id, style }),
  z.strictObject({ type: z.literal('team'), team_id: id, style }),
  z.strictObject({ type: z.literal('user'), user_id: id, style }),
  z.strictObject({ type: z.literal('usergroup'), usergroup_id: id, style }),
  z.strictObject({
    type: z.literal('emoji'),
    name: text(1, 255),
    unicode: z.string().optional(),
    url: link.optional(),
    style,
  }),
  z.strictObject({
    type: z.literal('date'),
    timestamp: z.int(),
    format: text(1, 3000),
    url: link.optional(),
    fallback: text(1, 3000).optional(),
    style,
  }),
]);

const border = oneOf(0, 1).optional();
const section = z.strictObject({ type: z.literal('rich_text_section'), elements: z.array(inline) });

export const richText = z.strictObject({
  type: z.literal('rich_text'),
  block_id: text(1, 255).optional(),
  elements: z
    .array(
      z.discriminatedUnion('type', [
        section,
        z.strictObject({
          type: z.literal('rich_text_list'),
          elements: z.array(section).min(1),
          style: oneOf('bullet', 'ordered'),
          indent: z.int().min(0).max(8).optional(),
          offset: z.int().min(0).optional(),
          border,
        }),
        z.strictObject({ type: z.literal('rich_text_quote'), elements: z.array(inline).min(1), border }),
        z.strictObject({
          type: z.literal('rich_text_preformatted'),
          elements: z.array(z.discriminatedUnion('type', [words, linked])).min(1),
          border,
        }),
      ]),
    )
    .min(1),
});
