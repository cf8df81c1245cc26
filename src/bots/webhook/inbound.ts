import { z } from 'zod';
import type { CommandName, InboundMessage } from '../../core/messages.ts';
import { cleanInput } from '../../core/text.ts';
import { SHARED_QUEUE } from '../queue.ts';

/** What the chat posts, as a message of ours: pure. */

const MAX_ID_CHARACTERS = 200;
const MAX_WORDS_CHARACTERS = 500;

/** Kept as it is, so it may hold nothing that Postgres cannot store. */
export const idSchema = z
  .string()
  .min(1)
  .max(MAX_ID_CHARACTERS)
  .regex(/^[^\p{Cc}\p{Cs}]+$/u, 'Control characters are not allowed in an id');

const named = z
  .object({ id: idSchema, name: z.string().max(MAX_ID_CHARACTERS).default('') })
  .transform(({ id, name }) => ({ id, name: cleanInput(name) || id }));

const commands: { [Name in CommandName]: Name } = {
  approve: 'approve',
  easier: 'easier',
  harder: 'harder',
  another: 'another',
  hint: 'hint',
  show: 'show',
  skip: 'skip',
  pause: 'pause',
  resume: 'resume',
  plan: 'plan',
  progress: 'progress',
  questions: 'questions',
  course: 'course',
  help: 'help',
  end: 'end',
};

const bodySchema = z.object({
  message: z.object({ id: idSchema, text: z.string().default('') }),
  thread: z.object({ id: idSchema }),
  learner: named,
  workspace: named,
  start: z
    .object({
      topic: z.string().max(MAX_WORDS_CHARACTERS).exactOptional(),
      mode: z.enum(['course', 'questions']).exactOptional(),
      character: z.string().max(MAX_WORDS_CHARACTERS).exactOptional(),
      level: z.enum(['beginner', 'intermediate', 'advanced']).exactOptional(),
      autostart: z.boolean().exactOptional(),
    })
    .exactOptional(),
  action: z
    .discriminatedUnion('type', [
      z.object({ type: z.literal('choice'), questionId: idSchema, choiceId: idSchema }),
      z.object({ type: z.enum(commands) }),
    ])
    .exactOptional(),
});

export type Inbound = { ok: true; message: InboundMessage } | { ok: false; problem: string };

/** Reads a body; unknown fields do not matter, and null is as good as left out. */
export function readInbound(body: string): Inbound {
  const parsed = bodySchema.safeParse(parseJson(body));
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`);
    return { ok: false, problem: problems.join('; ') };
  }
  const { message, thread, learner, workspace, ...optional } = parsed.data;
  const { id: messageId, text } = message;
  return {
    ok: true,
    message: {
      platform: 'webhook',
      queue: SHARED_QUEUE,
      ...{ workspace, learner, threadId: thread.id, messageId, text },
      ...optional,
    },
  };
}

/** Undefined, which no schema takes, when it is not JSON. */
function parseJson(body: string): unknown {
  try {
    // A reviver that returns undefined leaves the field out.
    return JSON.parse(body, (_key, value) => value ?? undefined);
  } catch {
    return undefined;
  }
}
