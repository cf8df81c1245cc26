import type { Level, StepStatus } from './lesson.ts';

/** What a bot hands to the core, and what the core hands back: no platform's words, no rendering. */

/** webhook: another program's chat, over HTTP. */
export type Platform = 'terminal' | 'webhook' | 'discord' | 'slack';

/** What a button does; a typed word may mean the same (see commands.ts). */
export type Action = { type: 'choice'; questionId: string; choiceId: string } | { type: CommandName };

export type CommandName =
  | 'approve'
  | 'easier'
  | 'harder'
  | 'another'
  | 'hint'
  | 'show'
  | 'skip'
  | 'pause'
  | 'resume'
  | 'plan'
  | 'progress'
  | 'questions'
  | 'course'
  | 'help'
  | 'end';

/** What was given with the command that opened the lesson; nothing of it is asked again. */
export interface StartOptions {
  topic?: string;
  mode?: 'course' | 'questions';
  character?: string;
  level?: Level;
  /** Teach at once, without waiting for the plan's approval. */
  autostart?: boolean;
}

export interface InboundMessage {
  platform: Platform;
  /** A Discord server, a Slack workspace, this machine. */
  workspace: { id: string; name: string };
  learner: { id: string; name: string };
  threadId: string;
  /** The platform's id, unique within the thread: the same id is the same message, however often it comes. */
  messageId: string;
  text: string;
  start?: StartOptions;
  action?: Action;
  /** The queue whose workers can reach this thread's surface. */
  queue: string;
}

export interface AskedQuestion {
  id: string;
  kind: 'choice' | 'numeric' | 'short' | 'open';
  prompt: string;
  choices: { id: string; text: string }[];
}

export interface PlanLine {
  title: string;
  objective: string;
  status: StepStatus;
}

export interface Reply {
  kind: 'message' | 'plan' | 'summary' | 'notice';
  /** Markdown. */
  text: string;
  question: AskedQuestion | null;
  plan: PlanLine[] | null;
  /** Where the lesson stands: step 2 of 4. */
  progress: { step: number; of: number; title: string } | null;
  /** Markdown; the last words, below the plan or the question. */
  closing: string | null;
  /** Buttons that make sense now, most useful first. */
  commands: CommandName[];
}

export function reply(kind: Reply['kind'], text: string, more: Partial<Reply> = {}): Reply {
  return { kind, text, question: null, plan: null, progress: null, closing: null, commands: [], ...more };
}
