import type { Database } from '../db/database.ts';
import { type FeedbackOn, replaceFeedback } from '../db/feedback.ts';

/** What a learner thinks of a message of the tutor's. */

export type Verdict = 'good' | 'bad';

/**
 * Keeps it with the lesson: once for each message, and who changes their mind is believed. False when the thread has
 * no lesson of theirs. Ids are the platform's.
 */
export function recordFeedback(db: Database, feedback: FeedbackOn & { verdict: Verdict }): Promise<boolean> {
  const { messageId, verdict } = feedback;
  return replaceFeedback(db, feedback, { messageId, verdict });
}
