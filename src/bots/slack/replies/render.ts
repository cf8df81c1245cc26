import type { KnownBlock } from '@slack/types';
import type { AskedQuestion, Reply } from '../../../core/messages.ts';
import { quotationIn } from '../../../core/replies.ts';
import { oneLine } from '../../lines.ts';
import { cut, splitMarkdown } from '../../split.ts';
import type { Translate } from '../../words.ts';
import { lessonPiece, type Piece, planPieces } from './cards.ts';
import { areOnButtons, cardControls, controlsOf, feedbackOf, letterOf, type RenderContext } from './controls.ts';
import { plainText } from './escape.ts';
import { fallbackOf, MESSAGE_LIMIT, partsOf } from './markdown.ts';

/** Reply → Slack's messages. Pure. */

export interface SlackPost {
  /** For notifications, and for whoever reads without blocks. */
  text: string;
  blocks: KnownBlock[];
}

/**
 * The messages that show a reply, in order; none where it has nothing to show. The first begins with the reply's own
 * words, in a block of Markdown; the last one has the buttons. A lesson's card is exactly one message.
 */
export function renderReply(reply: Reply, context: RenderContext): SlackPost[] {
  const { words } = context;
  if (reply.kind === 'card') return [postOf([lessonPiece(reply, words)], cardControls(reply, context))];
  const controls = controlsOf(reply, context);
  const messages = packed([
    wordsOf(reply),
    reply.question ? questionPieces(reply, reply.question, areOnButtons(reply.question, controls), words) : [],
    planPieces(reply, words),
    markdownPieces(reply.closing ?? ''),
  ]);
  const below = [...controls, ...(reply.kind === 'message' ? feedbackOf(context) : [])];
  return messages.map((pieces, index) => postOf(pieces, index === messages.length - 1 ? below : []));
}

/** What is shown of a text while it is being written: as much of it as fits into a message; null where there is nothing. */
export function renderPreview(text: string): SlackPost | null {
  const [first, ...more] = partsOf(text, MESSAGE_LIMIT - 2, true);
  return first === undefined ? null : postOf([markdownPiece(more.length > 0 ? `${first}\n…` : first)], []);
}

/** What a section has room for. */
const SECTION_LIMIT = 3_000;

/** The same without its looks, and with what can be pressed to go on: what any Slack takes. */
export function inWords({ text, blocks }: SlackPost): SlackPost {
  const words = splitMarkdown(text, SECTION_LIMIT).map((part) => ({
    ...{ type: 'section' as const, expand: true },
    text: { type: 'mrkdwn' as const, text: part },
  }));
  return { text, blocks: [...words, ...blocks.filter(({ type }) => type === 'actions')] };
}

function postOf(pieces: readonly Piece[], below: readonly KnownBlock[]): SlackPost {
  return {
    text: fallbackOf(pieces.map(({ text }) => text).join('\n\n')),
    blocks: [...pieces.flatMap(({ blocks }) => blocks), ...below],
  };
}

function markdownPiece(text: string): Piece {
  return { blocks: [{ type: 'markdown', text }], text };
}

function markdownPieces(text: string, mayHaveTable = false): Piece[] {
  return partsOf(text, MESSAGE_LIMIT, mayHaveTable).map(markdownPiece);
}

const CONTEXT_LIMIT = 400;

function smallPiece(text: string): Piece {
  return { blocks: [{ type: 'context', elements: [plainText(text, CONTEXT_LIMIT)] }], text };
}

/** What belongs together stays together where it fits into one message. */
function packed(groups: readonly (readonly Piece[])[]): Piece[][] {
  const messages: Piece[][] = [];
  for (const group of groups) {
    const last = messages.at(-1);
    if (last && fits([...last, ...group])) last.push(...group);
    else messages.push(...inMessages(group));
  }
  return messages;
}

function inMessages(pieces: readonly Piece[]): Piece[][] {
  const messages: Piece[][] = [];
  for (const piece of pieces) {
    const last = messages.at(-1);
    if (last && fits([...last, piece])) last.push(piece);
    else messages.push([piece]);
  }
  return messages;
}

function fits(pieces: readonly Piece[]): boolean {
  return pieces.map(({ text }) => text).join('\n\n').length <= MESSAGE_LIMIT;
}

/** Longer than that, or with marks of its own, a text is shown as it is. */
const SHORT = 300;

function isPlainLine(text: string): boolean {
  return text.length <= SHORT && !/[\n*_`~|\\[\]<&]|^(?:[#>+-]|\d+[.)])/.test(text);
}

/**
 * What the card of a progress shows need not be said twice; what was heard of the learner stands before it. What is about
 * the tutor and not the topic is small.
 */
function wordsOf({ kind, text, plan }: Reply): Piece[] {
  if (kind === 'progress' && plan?.length) return markdownPieces(quotationIn(text));
  const trimmed = text.trim();
  return kind === 'notice' && trimmed !== '' && isPlainLine(trimmed)
    ? [smallPiece(trimmed)]
    : markdownPieces(text, true);
}

function questionPieces({ progress }: Reply, question: AskedQuestion, isOnButtons: boolean, words: Translate): Piece[] {
  const title = progress ? cut(oneLine(progress.title), SHORT) : '';
  const step = progress ? words('cards.step', { step: progress.step, of: progress.of }) : '';
  const prompt = question.prompt.trim();
  const lines = [
    prompt !== '' && isPlainLine(prompt) ? `**${prompt}**` : prompt,
    isOnButtons ? '' : question.choices.map(choiceText).join('\n'),
  ];
  const asked = markdownPieces(lines.filter(Boolean).join('\n'));
  return step ? [smallPiece(step + (title && ` · ${title}`)), ...asked] : asked;
}

/** What has lines of its own begins on one. */
function choiceText(choice: AskedQuestion['choices'][number]): string {
  const text = choice.text.trim();
  return `**${letterOf(choice)})**${text.includes('\n') ? '\n' : ' '}${text}`;
}
