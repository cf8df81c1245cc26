/** What a message of the app holds: read from a call, and checked as Slack checks it. */
import { checkBlocks, MAX_TEXT_OF_BLOCKS, textLengthOf } from './block-forms.ts';
import { type Call, jsonOf, textOf } from './calls.ts';
import { complaint, Refusal } from './refusals.ts';
import type { Json, Message, Metadata, State } from './state.ts';

const MAX_TEXT = 40_000;
const MAX_MARKDOWN = 12_000;
const MAX_METADATA_BYTES = 8_000;

export interface Content {
  /** Undefined: the call does not speak of it. */
  text: string | undefined;
  blocks: Json[] | undefined;
  attachments: Json[] | undefined;
  /** Null: taken away. */
  metadata: Metadata | null | undefined;
}

/** Throws what Slack answers to a form that is wrong; calls of people in it are recorded. */
export function contentOf(call: Call, { maxText = MAX_TEXT } = {}): Content {
  const markdown = textOf(call, 'markdown_text');
  const text = call.body.text === undefined ? undefined : textOf(call, 'text');
  const blocks = blocksOf(call);
  const attachments = jsonOf(call, 'attachments', 'invalid_arguments') as Json[] | undefined;
  if (markdown !== '' && (text || blocks?.length)) throw new Refusal('markdown_text_conflict');
  if ((text?.length ?? 0) > maxText || markdown.length > MAX_MARKDOWN) throw new Refusal('msg_too_long');
  if ((attachments?.length ?? 0) > 100) throw new Refusal('too_many_attachments');
  const content = markdown === '' ? { text, blocks } : { text: markdown, blocks: [markdownBlock(markdown)] };
  recordCalls(call, content);
  return { ...content, attachments, metadata: metadataOf(call) };
}

export function markdownBlock(text: string): Json {
  return { type: 'markdown', text };
}

/** Blocks with the ids that Slack gives to those without; undefined when the call has none. */
export function blocksOf(call: Call): Json[] | undefined {
  const blocks = jsonOf(call, 'blocks', 'invalid_blocks_format');
  if (blocks === undefined) return undefined;
  if (!Array.isArray(blocks)) throw new Refusal('invalid_blocks_format');
  const problems = checkBlocks(blocks, 'message');
  if (problems.length > 0) throw complaint('invalid_blocks', problems);
  if (textLengthOf(blocks) > MAX_TEXT_OF_BLOCKS) throw new Refusal('msg_blocks_too_long');
  return named(call.state, blocks);
}

export function named(state: State, blocks: readonly Json[]): Json[] {
  return blocks.map((block) => ({ ...block, block_id: block.block_id ?? state.ids.secret().slice(0, 5) }));
}

/** Throws for what is no metadata; undefined when the call has none, null for an empty object. */
export function metadataOf(call: Call): Metadata | null | undefined {
  const value = jsonOf(call, 'metadata', 'invalid_arguments');
  if (value === undefined) return undefined;
  if (!isObject(value)) throw new Refusal('invalid_metadata_format');
  if (Object.keys(value).length === 0) return null;
  const { event_type: type, event_payload: payload } = value;
  if (typeof type !== 'string' || !isObject(payload)) throw new Refusal('invalid_metadata_schema');
  if (!/^[\w.-]{1,255}$/.test(type)) throw new Refusal('invalid_metadata_schema');
  if (Object.values(payload).some((each) => typeof each === 'object')) throw new Refusal('invalid_metadata_schema');
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_METADATA_BYTES) throw new Refusal('metadata_too_large');
  return { event_type: type, event_payload: payload };
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A message needs something that people can read. */
export function requireSomething({ text, blocks, attachments }: Partial<Message>): void {
  if (!text?.trim() && !blocks?.length && !attachments?.length) throw new Refusal('no_text');
}

const CALL = /<!(?:channel|here|everyone|subteam\^)[^>]*>|<@[UW][A-Z0-9]+/;
const LINKED_CALL = /(?:^|\s)@(?:channel|here|everyone)\b/;

/** Our own rule, not Slack's: nothing that the bot writes calls anybody. */
export function recordCalls(call: Call, content: { text?: string | undefined; blocks?: Json[] | undefined }): void {
  // Whoever is told to invite the bot is shown its name.
  const itself = `<@${call.installation.botUser.id}>`;
  const strings = [content.text ?? '', ...visibleText(content.blocks ?? [])].map((each) => each.replaceAll(itself, ''));
  const isLinked = ['1', 'true'].includes(textOf(call, 'link_names')) || textOf(call, 'parse') === 'full';
  const found = strings.find((each) => CALL.test(each) || (isLinked && LINKED_CALL.test(each)));
  if (found !== undefined) call.state.violations.push(`a message calls people: ${found.slice(0, 200)}`);
}

/** Every string in which Slack looks for mentions, and every mention that is an element of its own. */
function visibleText(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(visibleText);
  if (!isObject(value) || value.type === 'plain_text' || value.type === 'raw_text') return [];
  if (value.type === 'broadcast') return [`<!${value.range}>`];
  if (value.type === 'user') return [`<@${value.user_id}`];
  if (value.type === 'usergroup') return [`<!subteam^${value.usergroup_id}>`];
  const own = typeof value.text === 'string' && value.type !== 'text' ? [value.text] : [];
  return [...own, ...Object.values(value).flatMap(visibleText)];
}
