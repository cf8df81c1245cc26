import { afterAll, beforeAll, describe } from 'vitest';
import { onRedis } from '../support/backends.ts';
import { classroomDefaults } from '../support/classroom.ts';

/** The suites that prove that nothing is lost, once more: here their classrooms have the queues on Redis. */

onRedis((backend) => {
  beforeAll(() => {
    classroomDefaults.queueBackend = backend;
  });
  afterAll(() => {
    delete classroomDefaults.queueBackend;
  });
  describe('mailbox', async () => void (await import('../core/mailbox.test.ts')));
  describe('lesson flow', async () => void (await import('../core/lesson-flow.test.ts')));
  describe('tutor with a model', async () => void (await import('../core/tutor-with-model.test.ts')));
});
