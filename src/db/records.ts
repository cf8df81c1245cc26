import { sql } from 'kysely';
import type { ModelUsage, SpeechUsage } from '../core/ports.ts';
import type { Queryable } from './database.ts';
import type { LessonRow } from './leases.ts';

/** What is written once and only read afterwards: the audit of decisions, and what model calls cost. */

export async function recordEvents(
  db: Queryable,
  lessonId: string,
  turnId: string,
  events: readonly { type: string; data: object }[],
): Promise<void> {
  if (events.length === 0) return;
  await db
    .insertInto('events')
    .values(
      events.map(({ type, data }) => ({ lesson_id: lessonId, turn_id: turnId, type, data: JSON.stringify(data) })),
    )
    .execute();
}

/** What a call beside the turns cost, such as a summary: on record, and on the lesson's account. */
export async function recordUsage(
  db: Queryable,
  lesson: Pick<LessonRow, 'id' | 'workspace_id'>,
  call: { step: string; agent: string; usage: ModelUsage },
): Promise<void> {
  const { usage } = call;
  await db
    .insertInto('usage')
    .values({
      workspace_id: lesson.workspace_id,
      lesson_id: lesson.id,
      turn_id: null,
      step: call.step,
      agent: call.agent,
      model: usage.model,
      input_tokens: usage.inputTokens,
      cached_tokens: usage.cachedTokens,
      output_tokens: usage.outputTokens,
      cost: usage.cost,
      latency_ms: Math.round(usage.latencyMs),
    })
    .execute();
  if (!usage.cost) return;
  await db
    .updateTable('lessons')
    .set({ spent: sql`spent + ${usage.cost}` })
    .where('id', '=', lesson.id)
    .execute();
}

/** What was spoken: on record, and on no lesson's account. */
export async function recordSpeech(
  db: Queryable,
  { lessonId, workspaceId }: { lessonId: string; workspaceId: string },
  usage: SpeechUsage & { voice: string; latencyMs: number },
): Promise<void> {
  const { voice, characters, seconds, cost, latencyMs } = usage;
  await db
    .insertInto('usage')
    .values({
      ...{
        workspace_id: workspaceId,
        lesson_id: lessonId,
        turn_id: null,
        step: 'speak',
        agent: 'speech',
        model: voice,
      },
      ...{ input_tokens: 0, cached_tokens: 0, output_tokens: 0, characters, seconds, cost },
      latency_ms: Math.round(latencyMs),
    })
    .execute();
}
