import type { Level, StepStatus } from './lesson.ts';

/** What a bot hands to the core, and what the core hands back: no platform's words, no rendering. */

/** webhook: another program's chat, over HTTP. */
export type Platform = 'terminal' | 'webhook' | 'discord' | 'slack';

/** What a button does; a typed word may mean the same (see commands.ts). */
export type Action =
  | { type: 'choice'; questionId: string; choiceId: string }
  /** The learner changed how they like to be taught; '' forgets what was said before. */
  | { type: 'prefer'; preferences: TeachingWishes }
  | ({ type: 'voice' } & VoiceWish)
  | { type: CommandName };

/** What the learner wants to hear, in this lesson and those to come. */
export interface VoiceWish {
  on: boolean;
  /** Of the voice; '' forgets the one that was wished for before. Not given: the same as before. */
  name?: string;
}

/** How somebody likes to be taught, whatever the topic; in their own words. */
export interface TeachingWishes {
  character?: string;
  style?: string;
  language?: string;
  nickname?: string;
}

/** With the voice that they like to hear, which is wished for by the action "voice" alone: it asks whether there is one. */
export interface Wishes extends TeachingWishes {
  voice?: string;
}

/** A topic, a mode and a level belong to one lesson; these stay from one to the next. */
export const TEACHING_WISHES = [
  'character',
  'style',
  'language',
  'nickname',
] as const satisfies (keyof TeachingWishes)[];
export const WISHES = [...TEACHING_WISHES, 'voice'] as const satisfies (keyof Wishes)[];
export type WishName = (typeof WISHES)[number];

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
  /** What this place does where neither the command nor the learner's memory says otherwise. */
  defaults?: Pick<TeachingWishes, 'character' | 'language'>;
}

/** A picture that came with a message. */
export interface Picture {
  url: string;
  /** Such as "image/png". */
  type: string;
  name: string;
}

/** What somebody said instead of typing it. */
export interface Recording {
  /** Such as "audio/ogg". */
  type: string;
  /** Null where the platform does not say. */
  seconds: number | null;
  /** Base64, so that it can wait in JSON for a lesson that is still being opened. */
  audio: string;
}

/** Where a lesson's card is shown: a message that is kept up to date. */
export interface CardPlace {
  channelId: string;
  messageId: string;
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
  pictures?: readonly Picture[];
  recordings?: readonly Recording[];
  start?: StartOptions;
  action?: Action;
  /** The learner's client speaks it, as in "pt-BR"; counts where the message opens a lesson. */
  locale?: string;
  /** Where the lesson's card is; counts where the message opens a lesson. */
  card?: CardPlace;
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
  /** 0 to 1; null where nothing was asked yet. */
  mastery: number | null;
  right: number;
  wrong: number;
}

export interface Reply {
  /**
   * plan: `plan` has the lines · progress: `text` has the figures in words, `plan` for whoever draws them · summary: the last words of a lesson · notice: about the tutor, not the topic ·
   * card: what the lesson's card shows; `text` is the topic. It is no part of the conversation.
   */
  kind: 'message' | 'plan' | 'progress' | 'summary' | 'notice' | 'card';
  /** Markdown. */
  text: string;
  /** What the learner said in a recording, as it was understood: shown above the text, and never spoken. */
  heard?: string;
  question: AskedQuestion | null;
  plan: PlanLine[] | null;
  /** Where the lesson stands: step 2 of 4. */
  progress: { step: number; of: number; title: string } | null;
  /** Markdown; the last words, below the plan or the question. */
  closing: string | null;
  /** Buttons that make sense now, most useful first. */
  commands: CommandName[];
  /** Of a card. */
  standing?: Standing;
}

/** Where a lesson stands, in a word. */
export type Standing = 'opening' | 'approving' | 'teaching' | 'questions' | 'paused' | 'completed' | 'ended';

export function reply(kind: Reply['kind'], text: string, more: Partial<Reply> = {}): Reply {
  return { kind, text, question: null, plan: null, progress: null, closing: null, commands: [], ...more };
}
