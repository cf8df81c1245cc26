import type { Exchange } from '../agents/teacher.ts';
import { parseCommand, parseVoice } from '../commands.ts';
import type { Curriculum } from '../curriculum.ts';
import type { Judgement } from '../judgement.ts';
import type { LessonState } from '../lesson.ts';
import type { LearnerMemory } from '../memory.ts';
import type { Action, CommandName, Picture, Reply, StartOptions, VoiceWish, Wishes } from '../messages.ts';
import type { ModelFailure, Speech } from '../ports.ts';
import type { Ask } from '../steps.ts';

/** What every phase works with: the learner's message, and the means to answer it. No database, no platform. */
export interface TurnContext {
  text: string;
  /** It is the new text of a message that the lesson has moved on from since: there is nothing to answer. */
  isSettled: boolean;
  /** That came with it. */
  pictures: readonly Picture[];
  /** False: the model cannot look at them. */
  seesPictures: boolean;
  action: Action | null;
  start: StartOptions | null;
  curriculum: Curriculum;
  /** False: only the curriculum's topics can be taught. */
  teachesAnyTopic: boolean;
  /** The turn's number: varies phrases and names questions without chance. */
  seq: number;
  ask: Ask;
  /** The place wants no answer shown and no complete solution given: nobody in a lesson can change that. */
  homeworkGuard: boolean;
  /** The last exchanges before this turn, oldest first. */
  recent: readonly Exchange[];
  /** What came before those, in a few sentences; '' when nothing was summed up. */
  summary: string;
  /** What earlier lessons told about the learner. */
  memory(): Promise<LearnerMemory>;
  /** True: evaluate and answer in two calls, for comparison. */
  separate: boolean;
  /** What the provider's moderation says; null where there is none. */
  moderate(text: string): Promise<Judgement['safety'] | null>;
  /** Who could let the learner hear what is said there; null: nobody. */
  speech: Pick<Speech, 'voiceFor' | 'voices'> | null;
  /** Why nobody does, where that is not simply so. */
  unspoken: string | null;
  /** What a lesson may have; null: any number of turns. */
  turnLimit: TurnLimit | null;
  /** Of the learner's client; null where it is not known. */
  locale: string | null;
  /** Shows the reply while it is being written. */
  preview(text: string): void;
}

export interface TurnLimit {
  most: number;
  /** What allows so many, as in "Free plan". */
  plan: string;
}

/** The command that a message is, by a button or a word; null for anything else. */
export function commandOf(ctx: TurnContext): CommandName | null {
  if (ctx.start) return null;
  const { action } = ctx;
  if (!action) return parseCommand(ctx.text);
  return action.type === 'choice' || action.type === 'prefer' || action.type === 'voice' ? null : action.type;
}

/** Whether a message switches the voice on or off, or chooses one, by a button or a word; null for anything else. */
export function voiceWishOf({ start, action, text }: TurnContext): VoiceWish | null {
  if (action?.type === 'voice') return action;
  return start || action ? null : parseVoice(text);
}

/** One line of the audit: what was decided, and why. */
export interface Decision {
  type: string;
  data: Record<string, unknown>;
}

/** What a turn comes to: nothing of it has happened until it is committed. */
export interface TurnDraft {
  ok: true;
  state: LessonState;
  replies: Reply[];
  decisions: Decision[];
  /** What the learner wants to be remembered at once; '' forgets. */
  wishes?: Wishes;
  /** The learner has switched the voice on or off. */
  voice?: boolean;
}

export type PhaseResult = TurnDraft | ModelFailure;

export function draft(state: LessonState, replies: Reply | Reply[], decisions: Decision[] = []): TurnDraft {
  return { ok: true, state, replies: [replies].flat(), decisions };
}

/** Puts words before a draft's first reply: an answer and what follows it are one message. */
export function prefixed(result: PhaseResult, text: string, decisions: Decision[] = []): PhaseResult {
  if (!result.ok) return result;
  const [first, ...rest] = result.replies;
  const replies = first && text ? [{ ...first, text: `${text}\n\n${first.text}`.trim() }, ...rest] : result.replies;
  return { ...result, replies, decisions: [...decisions, ...result.decisions] };
}
