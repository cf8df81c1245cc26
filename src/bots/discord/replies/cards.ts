import type { APIEmbed } from 'discord-api-types/v10';
import type { Reply } from '../../../core/messages.ts';
import { type Card, lessonCard, planCard, progressCard } from '../../cards.ts';
import type { Translate } from '../../words.ts';

/** Cards as embeds. Pure. */

const BLUE = 0x5865f2;
const GREEN = 0x57f287;

/** None where a reply has no plan. */
export function planEmbeds({ kind, plan }: Reply, words: Translate): APIEmbed[] {
  if (!plan || plan.length === 0) return [];
  return [kind === 'progress' ? embedOf(progressCard(plan, words), GREEN) : embedOf(planCard(plan, words), BLUE)];
}

export function lessonEmbed(reply: Reply, words: Translate): APIEmbed {
  return embedOf(lessonCard(reply, words), BLUE);
}

function embedOf({ title, body }: Card, color: number): APIEmbed {
  return { title, color, ...(body && { description: body }) };
}
