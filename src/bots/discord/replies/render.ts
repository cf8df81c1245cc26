import type { RESTPostAPIChannelMessageJSONBody } from 'discord-api-types/v10';
import type { AskedQuestion, Reply } from '../../../core/messages.ts';
import { oneLine } from '../../lines.ts';
import { cut, splitMarkdown } from '../../split.ts';
import type { Translate } from '../../words.ts';
import { lessonEmbed, planEmbeds } from './cards.ts';
import { areOnButtons, cardControls, controlsOf, letterOf, type RenderContext, type Row } from './controls.ts';
import { asDiscord, MESSAGE_LIMIT } from './markdown.ts';

/** Reply → Discord's messages. Pure. */

/** Nobody is called by what a tutor, or a learner through it, writes. */
const NO_MENTIONS: RESTPostAPIChannelMessageJSONBody['allowed_mentions'] = { parse: [] };

/**
 * The messages that show a reply, in order; none where it has nothing to show. The last one has the cards and the
 * buttons. A lesson's card is exactly one message, and has every field, so that it can replace what it was before.
 */
export function renderReply(reply: Reply, context: RenderContext): RESTPostAPIChannelMessageJSONBody[] {
  if (reply.kind === 'card') {
    const embeds = [lessonEmbed(reply, context.words)];
    return [{ content: '', embeds, components: cardControls(reply, context), allowed_mentions: NO_MENTIONS }];
  }
  const components = controlsOf(reply, context);
  const parts = packed([
    wordsOf(reply),
    reply.question ? questionText(reply, reply.question, components, context.words) : '',
    reply.closing ?? '',
  ]);
  const embeds = planEmbeds(reply, context.words);
  if (parts.length === 0 && embeds.length === 0) return [];
  const last = parts.pop() ?? '';
  return [
    ...parts.map((content) => ({ content, allowed_mentions: NO_MENTIONS })),
    { content: last, embeds, components, allowed_mentions: NO_MENTIONS },
  ];
}

/** What the card of a progress shows need not be said twice; what was heard of the learner stands before it. */
function wordsOf({ kind, text, plan }: Reply): string {
  if (kind === 'progress' && plan?.length) return /^(?:> .*\n)+/.exec(text)?.[0] ?? '';
  return kind === 'notice' ? asNotice(text) : text;
}

/** What is shown of a text while it is being written: as much of it as fits into a message. '' where there is nothing. */
export function renderPreview(text: string): string {
  const [first = '', ...more] = splitMarkdown(asDiscord(text), MESSAGE_LIMIT - 2);
  return more.length > 0 ? `${first}\n…` : first;
}

/** Blocks that fit into one message stay together. */
function packed(blocks: readonly string[]): string[] {
  const parts: string[] = [];
  for (const block of blocks) {
    const [first, ...more] = splitMarkdown(asDiscord(block), MESSAGE_LIMIT);
    if (first === undefined) continue;
    const joined = `${parts.at(-1)}\n\n${first}`;
    if (parts.length > 0 && more.length === 0 && joined.length <= MESSAGE_LIMIT) parts[parts.length - 1] = joined;
    else parts.push(first, ...more);
  }
  return parts;
}

/** Longer than that, or with marks of its own, a text is shown as it is. */
const SHORT = 300;

function isPlainLine(text: string): boolean {
  return text.length <= SHORT && !/[\n*_`~|\\]|^(?:[#>-]|\d+\.)/.test(text);
}

/** About the tutor and not the topic, and so in small letters. */
function asNotice(text: string): string {
  const trimmed = text.trim();
  return trimmed !== '' && isPlainLine(trimmed) ? `-# ${trimmed}` : text;
}

function questionText({ progress }: Reply, question: AskedQuestion, rows: readonly Row[], words: Translate): string {
  const place = progress ? words('cards.step', { step: progress.step, of: progress.of }) : '';
  const title = progress ? cut(oneLine(progress.title), SHORT) : '';
  const prompt = question.prompt.trim();
  const lines = [
    place && `-# ${place}${title && ` · ${title}`}`,
    prompt !== '' && isPlainLine(prompt) ? `**${prompt}**` : prompt,
    areOnButtons(question, rows) ? '' : question.choices.map(choiceText).join('\n'),
  ];
  return lines.filter(Boolean).join('\n');
}

/** What has lines of its own begins on one. */
function choiceText(choice: AskedQuestion['choices'][number]): string {
  const text = choice.text.trim();
  return `**${letterOf(choice)})**${text.includes('\n') ? '\n' : ' '}${text}`;
}
