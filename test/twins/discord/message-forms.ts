/** What a bot may send as a message: the form of every route that posts or edits one. */
import { z } from 'zod';
import { messageComponents } from './component-forms.ts';
import { oneOf, snowflake, text } from './forms.ts';
import { invalidField } from './refusals.ts';

const MAX_EMBED_CHARACTERS = 6000;

const url = text(1, 2048);
const embed = z.object({
  title: text(0, 256).optional(),
  type: z.string().optional(),
  description: text(0, 4096).optional(),
  url: url.optional(),
  timestamp: z.string().optional(),
  color: z.int().min(0).max(0xffffff).optional(),
  footer: z.object({ text: text(1, 2048), icon_url: url.optional() }).optional(),
  image: z.object({ url }).optional(),
  thumbnail: z.object({ url }).optional(),
  author: z.object({ name: text(1, 256), url: url.optional(), icon_url: url.optional() }).optional(),
  fields: z
    .array(z.object({ name: text(1, 256), value: text(1, 1024), inline: z.boolean().optional() }))
    .max(25)
    .optional(),
});

const allowedMentions = z.object({
  parse: z.array(oneOf('users', 'roles', 'everyone')).optional(),
  users: z.array(snowflake).max(100).optional(),
  roles: z.array(snowflake).max(100).optional(),
  replied_user: z.boolean().optional(),
});

const attachment = z.object({
  id: z.union([z.int(), z.string()]),
  filename: z.string().optional(),
  description: text(0, 1024).nullish(),
  duration_secs: z.number().optional(),
  waveform: z.string().optional(),
});

export const messageForm = z.object({
  content: text(0, 2000).nullish(),
  nonce: z.union([text(0, 25), z.int()]).nullish(),
  enforce_nonce: z.boolean().optional(),
  tts: z.boolean().optional(),
  embeds: z.array(embed).max(10).nullish(),
  allowed_mentions: allowedMentions.nullish(),
  message_reference: z
    .object({ message_id: snowflake, channel_id: snowflake.optional(), fail_if_not_exists: z.boolean().optional() })
    .nullish(),
  components: messageComponents.nullish(),
  attachments: z.array(attachment).max(10).nullish(),
  flags: z.int().nullish(),
});

export type MessageForm = z.infer<typeof messageForm>;
export type AttachmentForm = z.infer<typeof attachment>;

/** All embeds of a message share one allowance; throws 50035. */
export function checkEmbeds(embeds: NonNullable<MessageForm['embeds']>): void {
  const texts = embeds.flatMap((each) => [
    each.title,
    each.description,
    each.footer?.text,
    each.author?.name,
    ...(each.fields ?? []).flatMap(({ name, value }) => [name, value]),
  ]);
  const length = texts.reduce((sum, part = '') => sum + [...part].length, 0);
  if (length <= MAX_EMBED_CHARACTERS) return;
  throw invalidField(
    ['embeds'],
    'MAX_EMBED_SIZE_EXCEEDED',
    `Embed size exceeds maximum size of ${MAX_EMBED_CHARACTERS}`,
  );
}
