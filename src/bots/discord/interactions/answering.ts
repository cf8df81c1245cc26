import { type Said, sayInLesson } from '../../own-lesson.ts';
import type { Visit } from './visit.ts';

/** As `sayInLesson`; and in a voice channel, nothing more is heard of what was said before. */
export async function answerInLesson(visit: Visit, threadId: string, said: Said): Promise<void> {
  await sayInLesson(visit, threadId, said);
  const { narrations } = visit.bot;
  // How the tutor is to be is no answer to what it says.
  if (said.action?.type === 'voice' || said.action?.type === 'prefer') return;
  if (said.action?.type === 'pause') narrations?.stop(threadId);
  else narrations?.interrupt(threadId);
}
