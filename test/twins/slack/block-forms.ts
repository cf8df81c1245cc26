/** Blocks of messages, modals and home tabs: what Slack takes, and what it says where it does not. */
import { z } from 'zod';
import { button, image, inActions, inContextActions, inInput, inSection } from './element-forms.ts';
import {
  anyText,
  checkPicture,
  complaintsOf,
  link,
  mrkdwn,
  oneOf,
  picture,
  plainText,
  text,
  webLink,
} from './object-forms.ts';
import { richText } from './rich-text-forms.ts';
import { crossComplaints, MAX_MARKDOWN, type Surface } from './surface-forms.ts';

const MAX_TEXT = 40_000;

/** Above some such length of text Slack answers msg_blocks_too_long, whatever the single blocks may hold. */
export const MAX_TEXT_OF_BLOCKS = 13_000;

const flag = z.boolean().optional();
const base = { block_id: text(1, 255).optional() };

const actions = z.strictObject({ ...base, type: z.literal('actions'), elements: z.array(inActions).min(1).max(25) });
const alert = z.strictObject({
  ...base,
  type: z.literal('alert'),
  text: anyText(200),
  level: oneOf('default', 'info', 'warning', 'error', 'success').optional(),
});
const card = z
  .strictObject({
    ...base,
    type: z.literal('card'),
    hero_image: image.optional(),
    icon: image.optional(),
    title: mrkdwn(150).optional(),
    subtitle: mrkdwn(150).optional(),
    body: mrkdwn(200).optional(),
    actions: z.array(button).min(1).max(3).optional(),
  })
  .refine((value) => value.hero_image ?? value.title ?? value.actions ?? value.body, {
    message: 'must provide at least one of hero_image, title, actions and body',
  });
const carousel = z.strictObject({ ...base, type: z.literal('carousel'), elements: z.array(card).min(1).max(10) });
const context = z.strictObject({
  ...base,
  type: z.literal('context'),
  elements: z
    .array(z.discriminatedUnion('type', [image, plainText(), mrkdwn()]))
    .min(1)
    .max(10),
});
const contextActions = z.strictObject({
  ...base,
  type: z.literal('context_actions'),
  elements: z.array(inContextActions).min(1).max(5),
});
const divider = z.strictObject({ ...base, type: z.literal('divider') });
const header = z.strictObject({ ...base, type: z.literal('header'), text: plainText(150) });
const imageBlock = z
  .strictObject({
    ...{ ...base, ...picture },
    type: z.literal('image'),
    alt_text: text(1, 2000),
    title: plainText(2000).optional(),
  })
  .superRefine(checkPicture);
const input = z.strictObject({
  ...base,
  type: z.literal('input'),
  label: plainText(2000),
  hint: plainText(2000).optional(),
  optional: flag,
  element: inInput,
  dispatch_action: flag,
});
const markdown = z.strictObject({ ...base, type: z.literal('markdown'), text: text(1, MAX_MARKDOWN) });
const section = z
  .strictObject({
    ...base,
    type: z.literal('section'),
    text: anyText(3000).optional(),
    fields: z.array(anyText(2000)).min(1).max(10).optional(),
    accessory: inSection.optional(),
    expand: flag,
  })
  .refine((value) => value.text ?? value.fields, { message: 'must provide text or fields' });

const cell = z.discriminatedUnion('type', [
  richText,
  z.strictObject({ type: z.literal('raw_text'), text: text(1, 3000) }),
  z.strictObject({ type: z.literal('raw_number'), value: z.number(), text: text(1, 3000) }),
]);
const row = z.array(cell).min(1).max(20);
const table = z.strictObject({
  ...base,
  type: z.literal('table'),
  rows: z.array(row).min(1).max(100),
  // A null skips a column.
  column_settings: z
    .array(z.strictObject({ align: oneOf('left', 'center', 'right').optional(), is_wrapped: flag }).nullable())
    .max(20)
    .optional(),
});
const dataTable = z.strictObject({
  ...base,
  type: z.literal('data_table'),
  rows: z.array(row).min(1),
  caption: text(1, 3000),
  page_size: z.int().min(1).max(100).optional(),
  row_header_column_index: z.int().min(0).max(19).optional(),
});

const source = z.strictObject({ type: z.literal('url'), url: webLink, text: text(1, 3000) });
const taskCard = z.strictObject({
  ...base,
  type: z.literal('task_card'),
  task_id: text(1, 255),
  title: text(1, 3000),
  details: richText.optional(),
  output: richText.optional(),
  sources: z.array(source).optional(),
  status: oneOf('pending', 'in_progress', 'complete', 'error'),
});
const plan = z.strictObject({
  ...base,
  type: z.literal('plan'),
  title: text(1, 3000),
  tasks: z.array(taskCard).optional(),
});
const video = z.strictObject({
  ...base,
  type: z.literal('video'),
  video_url: webLink,
  thumbnail_url: webLink,
  alt_text: text(1, 2000),
  title: plainText(199),
  title_url: link.optional(),
  author_name: text(1, 49).optional(),
  provider_name: text(1, 255).optional(),
  provider_icon_url: link.optional(),
  description: plainText().optional(),
});

const inContainer = [actions, context, divider, header, imageBlock, input, richText, section, table, video] as const;
const container = z
  .strictObject({
    ...base,
    type: z.literal('container'),
    title: plainText(150).optional(),
    rich_text_title: richText.optional(),
    subtitle: anyText(150).optional(),
    child_blocks: z.array(z.discriminatedUnion('type', inContainer)).min(1).max(10),
    width: oneOf('narrow', 'standard', 'wide', 'full').optional(),
    icon: image.optional(),
    is_collapsible: flag,
    default_collapsed: flag,
    has_header_divider: flag,
  })
  .refine((value) => value.title ?? value.rich_text_title, { message: 'must provide title or rich_text_title' })
  .refine((value) => !value.default_collapsed || value.is_collapsible, {
    message: 'must be collapsible to be collapsed',
  });

/** Without `file`: Slack shows such blocks, and takes none. */
const blocksForm = z.array(
  z.discriminatedUnion('type', [
    ...inContainer,
    ...[alert, card, carousel, container, contextActions, dataTable, markdown, plan, taskCard],
  ]),
);

/** What Slack complains of, each with its path: '/blocks/2/text/text: must be more than 0 characters'. Empty: all is well. */
export function checkBlocks(blocks: unknown, surface: Surface, path = '/blocks'): string[] {
  return [...complaintsOf(blocksForm, blocks, path), ...crossComplaints(blocks, surface, path)];
}

interface MessageForm {
  text?: unknown;
  blocks?: unknown;
  markdown_text?: unknown;
}

/** As checkBlocks, of what a message says; no_text and markdown_text_conflict are Slack's own names for those errors. */
export function checkMessage({ text: words, blocks, markdown_text: marked }: MessageForm): string[] {
  const isGiven = (part: unknown) => part !== undefined && part !== null && part !== '';
  const hasBlocks = isGiven(blocks) && !(Array.isArray(blocks) && blocks.length === 0);
  const complaints: string[] = [];
  if (!isGiven(words) && !hasBlocks && !isGiven(marked)) complaints.push('/text: no_text');
  if (isGiven(marked) && (isGiven(words) || isGiven(blocks))) complaints.push('/markdown_text: markdown_text_conflict');
  if (isGiven(words)) complaints.push(...complaintsOf(text(1, MAX_TEXT), words, '/text'));
  if (isGiven(marked)) complaints.push(...complaintsOf(text(1, MAX_MARKDOWN), marked, '/markdown_text'));
  if (isGiven(blocks)) complaints.push(...checkBlocks(blocks, 'message'));
  return complaints;
}

const READ = new Set(['text', 'title', 'alt_text', 'caption', 'fallback', 'author_name', 'provider_name']);

/** How many characters there are to read in these blocks, in all their texts and labels together. */
export function textLengthOf(blocks: unknown): number {
  if (typeof blocks !== 'object' || blocks === null) return 0;
  return Object.entries(blocks)
    .map(([key, part]) => (typeof part === 'string' ? (READ.has(key) ? part.length : 0) : textLengthOf(part)))
    .reduce((sum, length) => sum + length, 0);
}
