import type { ModelUsage } from '../core/ports.ts';
import type { Queryable } from './database.ts';
import type { LessonRow } from './lessons.ts';

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

export async function recordUsage(
  db: Queryable,
  lesson: Pick<LessonRow, 'id' | 'workspace_id'>,
  turnId: string | null,
  call: { step: string; agent: string; usage: ModelUsage },
): Promise<void> {
  await db
    .insertInto('usage')
    .values({
      workspace_id: lesson.workspace_id,
      lesson_id: lesson.id,
      turn_id: turnId,
      step: call.step,
      agent: call.agent,
      model: call.usage.model,
      input_tokens: call.usage.inputTokens,
      cached_tokens: call.usage.cachedTokens,
      output_tokens: call.usage.outputTokens,
      cost: call.usage.cost,
      latency_ms: Math.round(call.usage.latencyMs),
    })
    .execute();
}
