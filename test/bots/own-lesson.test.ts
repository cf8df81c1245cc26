import { expect, test } from 'vitest';
import { ownLesson, sayInLesson } from '../../src/bots/own-lesson.ts';
import { openWords } from '../../src/bots/words.ts';
import { accept } from '../../src/core/accept.ts';
import { SILENT } from '../../src/telemetry/silent.ts';
import { silentLog } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';

/** What a person does in their lesson, on any platform. */

const database = useDatabase();
const ADA = { id: 'U-ada', name: 'Ada' };

async function visitor(workspace: { id: string; name: string }, learner = ADA) {
  const bot = { db: database.db, platform: 'slack' as const, telemetry: SILENT, log: silentLog, limits: null };
  return {
    bot: { ...bot, nudger: { nudge: async () => {} } },
    sender: { workspace, learner },
    words: openWords().for('en'),
  };
}

const begun = (threadId: string) =>
  accept(database.db, {
    ...{ platform: 'slack', workspace: { id: 'T-school', name: 'School' }, learner: ADA, threadId, queue: 'nobody' },
    ...{ messageId: '1', text: 'hello' },
  });

test('a lesson stays with the workspace that it began in, also where its organisation has the tutor since', async () => {
  const { lessonId } = await begun('organised');
  await sayInLesson(await visitor({ id: 'E-district', name: 'District' }), 'organised', {
    ...{ id: 'press-1', action: { type: 'hint' } },
  });
  const written = database.db.selectFrom('messages').select('platform_message_id').where('lesson_id', '=', lessonId);
  const messages = await written.orderBy('seq').execute();
  expect(messages.map(({ platform_message_id: id }) => id)).toEqual(['1', 'press-1']);
  const workspaces = await database.db.selectFrom('workspaces').select('external_id').execute();
  expect(workspaces).toEqual([{ external_id: 'T-school' }]);
});

test('it is nobody else’s, and one that is not there is nobody’s', async () => {
  await begun('hers');
  const ben = await visitor({ id: 'T-school', name: 'School' }, { id: 'U-ben', name: 'Ben' });
  await expect(ownLesson(ben, 'hers')).rejects.toMatchObject({ code: 'not_your_lesson' });
  await expect(sayInLesson(ben, 'hers', { id: 'x', text: 'hello' })).rejects.toMatchObject({ code: 'not_your_lesson' });
  await expect(ownLesson(ben, 'nowhere')).rejects.toMatchObject({ code: 'no_lesson_here' });
});
