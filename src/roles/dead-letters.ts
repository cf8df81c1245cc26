import { join } from 'node:path';
import { SHARED_QUEUE } from '../bots/queue.ts';
import { migrate, openDatabase } from '../db/database.ts';
import { type DeadLetter, listDeadLetters, retryDeadLetters } from '../db/dead-letters.ts';
import { SetupError } from '../errors.ts';
import { openLessonQueues } from '../jobs/lesson-queue.ts';
import { type Base, queueBackend } from './parts.ts';

const USAGE = 'npm start -- dead-letters [list | retry all | retry ID …]';
const MIGRATIONS = join(import.meta.dirname, '../../migrations');

/** Shows what was given up, or takes it up again: turns without an answer, replies that were not delivered. */
export async function deadLetters(base: Base, words: readonly string[], print: (line: string) => void): Promise<void> {
  const [verb = 'list', ...ids] = words;
  if (verb !== 'list' && (verb !== 'retry' || ids.length === 0)) {
    throw new SetupError([`"dead-letters ${words.join(' ')}" is not understood. Usage: ${USAGE}`]);
  }
  const database = openDatabase(base.databaseUrl, () => {}, { maxConnections: 2 });
  try {
    await migrate(database.db, MIGRATIONS);
    if (verb === 'list') return printAll(await listDeadLetters(database.db), print);
    const retried = await retryDeadLetters(database.db, ids.includes('all') ? null : ids);
    await nudgeAll(
      base,
      retried.map(({ lessonId, queue }) => ({ lessonId, queue })),
    );
    for (const { kind, id } of retried) print(`${kind} ${id} is taken up again`);
    if (retried.length === 0) print('There is nothing of that kind to take up again.');
  } finally {
    await database.close();
  }
}

/** A terminal's lessons go on when it is opened again; for the others a worker is called. The sweep finds who is missed. */
async function nudgeAll(base: Base, lessons: readonly { lessonId: string; queue: string }[]): Promise<void> {
  const nudger = openLessonQueues(queueBackend(base), base.log);
  try {
    for (const { lessonId, queue } of lessons) if (queue === SHARED_QUEUE) await nudger.nudge(queue, lessonId);
  } catch (error) {
    base.log.warn({ err: error }, 'the queue does not answer; the next sweep takes the lessons up');
  } finally {
    await nudger.close();
  }
}

function printAll(letters: readonly DeadLetter[], print: (line: string) => void): void {
  if (letters.length === 0) {
    print('Nothing was given up.');
    return;
  }
  for (const { kind, id, lessonId, failedAt, failure, attempts } of letters) {
    print(`${failedAt.toISOString()}  ${kind.padEnd(8)}  ${id}  lesson ${lessonId}  ${attempts} attempts  ${failure}`);
  }
  print(`\n${letters.length} in all. To take them up again: npm start -- dead-letters retry all`);
}
