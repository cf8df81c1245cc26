import type { KnownBlock } from '@slack/types';
import type { UserError } from '../../../errors.ts';
import type { Bot } from '../bot.ts';
import { reasonOf } from '../failures.ts';
import { plainText } from '../replies/escape.ts';
import { OPEN_BILLING } from '../replies/notices.ts';

/**
 * What can be pressed where the plan of a workspace left no room, for somebody who decides about it. Nothing for
 * everybody else, and after any other refusal. Never rejects.
 */
export async function wayOut(
  { people, words, billing, log }: Pick<Bot, 'people' | 'words' | 'billing' | 'log'>,
  workspace: string,
  userId: string,
  { code }: UserError,
): Promise<KnownBlock[]> {
  if (code !== 'plan_limit' || !billing) return [];
  try {
    const { mayManage, locale } = await people.freshly(workspace, userId);
    if (!mayManage) return [];
    const text = plainText(words.for(locale)('billing.title'), 75);
    return [{ type: 'actions', elements: [{ type: 'button', action_id: OPEN_BILLING, text, style: 'primary' }] }];
  } catch (error) {
    log.debug({ reason: reasonOf(error) }, 'Slack does not tell whether somebody decides for their workspace');
    return [];
  }
}
