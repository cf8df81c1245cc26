import type { KnownBlock } from '@slack/types';
import type { Reply } from '../../../core/messages.ts';
import { type Card, lessonCard, planCard, progressCard } from '../../cards.ts';
import type { Translate } from '../../words.ts';
import { plainText } from './escape.ts';
import { MESSAGE_LIMIT, partsOf } from './markdown.ts';

/** Cards as blocks. Pure. */

const HEADER_LIMIT = 150;

/** Some of a message: what it shows, and the same in Markdown for those who read without blocks. */
export interface Piece {
  blocks: KnownBlock[];
  text: string;
}

/** None where a reply has no plan. */
export function planPieces({ kind, plan }: Reply, words: Translate): Piece[] {
  if (!plan || plan.length === 0) return [];
  return [pieceOf(kind === 'progress' ? progressCard(plan, words) : planCard(plan, words))];
}

export function lessonPiece(reply: Reply, words: Translate): Piece {
  return pieceOf(lessonCard(reply, words));
}

/** A header, and below it what there is to say: always in one piece. */
function pieceOf({ title, body }: Card): Piece {
  const [text] = partsOf(body, MESSAGE_LIMIT - HEADER_LIMIT);
  return {
    blocks: [
      { type: 'header', text: plainText(title, HEADER_LIMIT) },
      ...(text === undefined ? [] : [{ type: 'markdown' as const, text }]),
    ],
    text: `**${title}**${text === undefined ? '' : `\n${text}`}`,
  };
}
