import { type Accepted, accept, knownBefore } from '../core/accept.ts';
import type { Entitlements } from '../core/billing/entitlements.ts';
import type { Billing } from '../core/billing/settling.ts';
import { acceptEdit, type Edit, type Edited } from '../core/edits.ts';
import { cleanWishes } from '../core/memory.ts';
import type { Action, InboundMessage, Platform, StartOptions } from '../core/messages.ts';
import type { Nudger, RateLimit, Telemetry } from '../core/ports.ts';
import { cleanInput, cleanStart, MAX_MESSAGE_CHARACTERS } from '../core/text.ts';
import type { Database } from '../db/database.ts';
import { acceptedBefore } from '../db/inbox.ts';
import { lessonOfThread } from '../db/threads.ts';
import { UserError } from '../errors.ts';
import type { Logger } from '../log.ts';

export interface ReceiveDeps {
  db: Database;
  nudger: Nudger;
  telemetry: Telemetry;
  log: Logger;
  /** How often messages are taken in; null: as often as they come. */
  limits: DoorLimits | null;
  /** What workspaces may; absent: everything. */
  entitlements?: Entitlements;
  /** What is sold to them; null or absent: nothing. */
  billing?: Billing | null;
  /** Somebody listens to recordings; absent: nobody does. */
  hears?: boolean;
}

export interface DoorLimits {
  learner: RateLimit;
  workspace: RateLimit;
}

/**
 * The one way in for every platform: check, store, ask for a worker. Once this returns, the answer is promised.
 * Safe to call twice with one message. Throws UserError with a sentence for the person who wrote.
 */
export async function receive(deps: ReceiveDeps, message: InboundMessage): Promise<Accepted> {
  const { platform } = message;
  try {
    return await deps.telemetry.step('accept', { platform }, () => acceptAndNudge(deps, checked(message)));
  } catch (error) {
    if (error instanceof UserError) deps.telemetry.note({ type: 'message_refused', platform, code: error.code });
    throw error;
  }
}

/**
 * Takes in the new text of a message: see acceptEdit. Safe to call twice with one edit. Throws UserError with a
 * sentence for the person who wrote.
 */
export async function receiveEdit(deps: ReceiveDeps, edit: Edit): Promise<Edited['outcome']> {
  const { telemetry } = deps;
  const text = readable(edit.text, false);
  await knock(deps.limits, edit);
  const edited = await telemetry.step('accept', { platform: edit.platform }, () =>
    acceptEdit(deps.db, { ...edit, text }, telemetry.traceparent()),
  );
  if (edited.outcome === 'rerun') await nudge(deps, edited.accepted);
  return edited.outcome;
}

/** The thread of a lesson is no longer there: the lesson ends as its learner would end it. Safe to run twice. */
export async function endGoneLesson(deps: ReceiveDeps, platform: Platform, threadId: string): Promise<void> {
  const lesson = await lessonOfThread(deps.db, platform, threadId);
  if (!lesson || lesson.phase === 'ended' || lesson.phase === 'completed') return;
  const accepted = await accept(deps.db, {
    ...{ platform, threadId, queue: lesson.queue, messageId: `gone-${threadId}`, text: '', action: { type: 'end' } },
    workspace: { id: lesson.workspace, name: lesson.workspaceName },
    learner: { id: lesson.learner, name: lesson.learnerName },
  });
  await nudge(deps, accepted);
}

function checked(message: InboundMessage): InboundMessage {
  const { start, action, pictures, recordings } = message;
  const text = readable(message.text, Boolean(start || action || pictures?.length || recordings?.length));
  return {
    ...{ ...message, text },
    ...(start && { start: clean(start) }),
    ...(action && { action: cleanAction(action) }),
    ...(pictures && { pictures: pictures.map((each) => ({ ...each, name: cleanStart(each.name, 100) })) }),
  };
}

/** A text as it can be taken in. Throws UserError where it cannot. */
export function readable(written: string, mayBeEmpty: boolean): string {
  const text = cleanInput(written);
  if (text === '' && !mayBeEmpty) {
    throw new UserError(
      'empty',
      'I could not find any text in that. Type your answer in words or numbers, or say hint.',
    );
  }
  if (text.length > MAX_MESSAGE_CHARACTERS) {
    throw new UserError(
      'too_long',
      `That message has ${text.length.toLocaleString('en')} characters, and I read up to ${MAX_MESSAGE_CHARACTERS.toLocaleString('en')}. Send me the part that matters.`,
    );
  }
  return text;
}

async function acceptAndNudge(deps: ReceiveDeps, message: InboundMessage): Promise<Accepted> {
  const { telemetry } = deps;
  const before = await stopAtDoor(deps, message);
  const accepted = before ?? (await accept(deps.db, message, telemetry.traceparent()));
  telemetry.note({ type: 'message_accepted', platform: message.platform, created: accepted.created });
  await nudge(deps, accepted);
  return accepted;
}

async function nudge({ telemetry, nudger, log }: ReceiveDeps, { queue, lessonId, priority }: Accepted): Promise<void> {
  try {
    await telemetry.step('nudge', {}, () => nudger.nudge(queue, lessonId, { priority }));
  } catch (error) {
    telemetry.note({ type: 'nudge_lost' });
    log.warn({ err: error, lessonId }, 'the nudge was lost; the sweep will find the turn');
  }
}

/** Null: the message may come in. Over a limit, one that came in before is what it was, for its answer is promised. */
async function stopAtDoor({ db, limits }: ReceiveDeps, message: InboundMessage): Promise<Accepted | null> {
  const refusal = await refusalAtDoor(limits, message);
  if (refusal === null) return null;
  const before = await acceptedBefore(db, message);
  if (before) return knownBefore(before);
  throw refusal;
}

/**
 * For what is begun before its message is received: whoever may not come in is told so first. Counts like a message;
 * what it was for is received without limits. Throws UserError with a sentence for the person.
 */
export async function knock(limits: DoorLimits | null, who: Knocking): Promise<void> {
  const refusal = await refusalAtDoor(limits, who);
  if (refusal) throw refusal;
}

type Knocking = Pick<InboundMessage, 'platform' | 'workspace' | 'learner'>;

/** The workspace pays only for what its learners may send: nobody's flood shuts the others out. */
async function refusalAtDoor(
  limits: DoorLimits | null,
  { platform, workspace, learner }: Knocking,
): Promise<UserError | null> {
  if (!limits) return null;
  const learnerWait = await limits.learner.take(JSON.stringify([platform, workspace.id, learner.id]));
  if (learnerWait > 0) {
    return new UserError(
      'too_fast',
      `That was faster than I can follow, so I have not taken this last message. Send it again in ${inSeconds(learnerWait)}; nothing before it is lost.`,
      learnerWait,
    );
  }
  const wait = await limits.workspace.take(JSON.stringify([platform, workspace.id]));
  if (wait === 0) return null;
  return new UserError(
    'too_busy',
    `So many people are writing to me that I could not take this message. Send it again in ${inSeconds(wait)}; nothing before it is lost.`,
    wait,
  );
}

function inSeconds(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds === 1 ? '1 second' : `${seconds} seconds`;
}

function clean(start: StartOptions): StartOptions {
  const { topic, character } = start;
  return {
    ...start,
    ...(topic !== undefined && { topic: cleanInput(topic) }),
    ...(character !== undefined && { character: cleanInput(character) }),
  };
}

function cleanAction(action: Action): Action {
  if (action.type === 'prefer') return { ...action, preferences: cleanWishes(action.preferences) };
  if (action.type !== 'voice' || action.name === undefined) return action;
  return { ...action, name: cleanWishes({ voice: action.name }).voice };
}
