import type { z } from 'zod';
import type { AgentIO, AgentName } from './agents/agents.ts';
import type { NoticeKind } from './billing/notices.ts';
import type { Happening } from './happenings.ts';
import type { CardPlace, Picture, Platform, Reply } from './messages.ts';
import type { StepName } from './step-names.ts';

/** What the core needs of the outside. Adapters live in external/ and bots/. */

export type ModelFailureReason =
  | 'timeout'
  | 'refused'
  | 'invalid_output'
  | 'rate_limited'
  | 'unavailable'
  | 'over_budget';

export interface ModelUsage {
  /** The model's name; "offline" costs nothing. */
  model: string;
  inputTokens: number;
  /** The part of inputTokens that the provider served from its cache. */
  cachedTokens: number;
  outputTokens: number;
  /** US dollars, or null where no price is known. */
  cost: number | null;
  latencyMs: number;
}

export interface ModelFailure {
  ok: false;
  reason: ModelFailureReason;
  /** For our log, never for a chat. */
  detail: string;
  /** How long the provider asked us to wait. */
  retryAfterMs?: number;
  /** The call was not made: waiting for the provider costs no attempt. */
  notTried?: true;
  /** Tokens that were paid for all the same. */
  usage?: ModelUsage;
}

export type ModelResult<Output> = { ok: true; output: Output; usage: ModelUsage } | ModelFailure;

export interface PromptMessage {
  role: 'system' | 'user';
  content: string;
  /** Shown with the words; only to a model that sees them. */
  pictures?: readonly Picture[];
}

export type Tier = 'small' | 'large';

export interface ModelRequest<Name extends AgentName> {
  agent: Name;
  tier: Tier;
  /** What a rule-based model reads. */
  input: AgentIO[Name]['input'];
  /** What a language model reads: stable text first, volatile text last. */
  prompt(): PromptMessage[];
  schema: z.ZodType<AgentIO[Name]['output']>;
  /**
   * Called with the output's `message` as far as it has been written, while it grows, and with everything that was
   * written before it. Must not throw.
   */
  onText?(message: string, before: unknown): void;
}

/** Must not throw: failure is a value. The output has been validated against the schema. */
export interface Model {
  /** False: only the topics of the curriculum can be taught. */
  readonly teachesAnyTopic: boolean;
  /** False or absent: pictures mean nothing to it. */
  readonly seesPictures?: boolean;
  /** The most that a call may cost, in US dollars; null where no price is known. */
  estimate?<Name extends AgentName>(request: ModelRequest<Name>): number | null;
  /** What the provider's moderation says of a text; null when it has none, or it did not answer. Must not throw. */
  moderate?(text: string): Promise<'none' | 'abuse' | 'self_harm' | 'unsafe' | null>;
  generate<Name extends AgentName>(request: ModelRequest<Name>): Promise<ModelResult<AgentIO[Name]['output']>>;
}

/** A sentence made for the ear. */
export interface SpokenSentence {
  text: string;
  /** The same for an engine that reads SSML: what stands inside of <speak>, with & and < of the text escaped. */
  ssml: string;
  /** Of silence after it. */
  pauseMs: number;
}

export interface SpeechRequest {
  /** Those without a word in them are left out. */
  sentences: readonly SpokenSentence[];
  /** As in "pt-BR" (BCP 47). */
  language: string;
  /** Of this engine; null: its own choice for the language. */
  voice: string | null;
  /** Stops it: what is being made is given up, and the iteration ends without a failure. */
  signal?: AbortSignal;
}

type SpeechFailureReason = 'unavailable' | 'timeout' | 'quota' | 'unknown_voice' | 'too_long' | 'unsupported_language';

export interface SpeechUsage {
  /** As the engine counts them for its bill. */
  characters: number;
  /** Of audio, pauses included. */
  seconds: number;
  /** US dollars, or null where no price is known. */
  cost: number | null;
}

export interface SpeechFailure {
  ok: false;
  reason: SpeechFailureReason;
  /** For our log, never for a chat; nothing of the text is in it. */
  detail: string;
}

/**
 * Pieces can be joined as they come: 16-bit samples, mono, 48 kHz. The first is one sentence at most, and may be a part
 * of it.
 */
export type SpokenPiece = { ok: true; pcm: Int16Array; usage: SpeechUsage } | SpeechFailure;

/** Gives text a voice. Methods must not throw: failure is a value. */
export interface Speech {
  /** With the voice it tells apart what is kept of the same text. */
  readonly name: string;
  /** The voice that a request with this language and this wish is spoken in; null: it has none for the language. */
  voiceFor(language: string, voice: string | null): Promise<string | null>;
  /** What may be wished for in a language; empty: nothing, or it could not be asked. */
  voices(language: string): Promise<readonly string[]>;
  /** The most that a request may cost, in US dollars; null where no price is known. */
  estimate(request: SpeechRequest): number | null;
  /** In order, each piece as soon as it is there. A failure is the last that comes. */
  speak(request: SpeechRequest): AsyncIterable<SpokenPiece>;
  /** Safe to call twice; nothing is spoken after it. */
  close(): Promise<void>;
}

/** The message in which a reply is shown while it is being written, and which the finished reply takes over. */
export interface Draft {
  /** The same for every attempt to show it first, also after a crash: the platform's nonce. */
  readonly key: string;
  /** The platform's id; null until it is shown. Set by `shown`. */
  readonly id: string | null;
  /** Records that it is shown. Must not throw. */
  shown(id: string): Promise<void>;
  /** Another worker has taken the lesson over: nothing more is to be shown of it here. */
  isStale(): boolean;
}

export interface OutboundDelivery {
  /** Stable across retries: the platform's nonce. */
  id: string;
  threadId: string;
  reply: Reply;
  /** The learner's client speaks it, as in "pt-BR"; null where that is not known. */
  locale: string | null;
  /** Becomes this reply; null: it is a message of its own. */
  draft: Pick<Draft, 'key' | 'id'> | null;
  /** An earlier attempt, perhaps of a process that died, may have shown some of it, or of its draft, unrecorded. */
  mayBeShown: boolean;
  /** The platform's ids of its parts that were shown by an earlier attempt, in order. */
  posted: readonly string[];
  /** Records the parts that are shown so far, so that a crash does not show them again. Must not throw. */
  onPosted(ids: readonly string[]): Promise<void>;
}

export type SendResult =
  | { ok: true; platformMessageIds: string[] }
  /** `gone`: the thread is no longer there; never retried. */
  | { ok: false; reason: 'gone' | 'retry'; detail: string; retryAfterMs?: number };

/** `refused`: text may be shown there and sound may not, until somebody acts. */
export type SpeakResult = SendResult | { ok: false; reason: 'refused'; detail: string };

/** A lesson's card as it is to be shown. */
export interface ShownCard {
  threadId: string;
  card: CardPlace;
  locale: string | null;
  /** Of the kind "card". */
  reply: Reply;
}

/** A reply as it is heard, or a part of a long one. */
export interface Utterance {
  /** Stable across retries, and different for each part: the platform's nonce. */
  key: string;
  threadId: string;
  /** From 0, of so many: the parts come in order. */
  part: number;
  of: number;
  /** Ogg Opus, 48 kHz, mono. */
  audio: Buffer;
  seconds: number;
  /** At most 256 points from 0 to 255, one for each tenth of a second at most. */
  waveform: Uint8Array;
  /** What is said, for those who cannot listen. */
  transcript: string;
  /** The learner's client speaks it. */
  locale: string | null;
  /** An earlier attempt may have shown it, unrecorded. */
  mayBeShown: boolean;
}

/** What those who run a workspace are to know of its subscription. */
export interface AdminNotice {
  /** Stable across retries: the platform's nonce. */
  id: string;
  kind: NoticeKind;
  /** Its title. */
  plan: string;
  until: Date | null;
  /** The platform's ids; `payer`: who paid, if that is known; `channel`: where admins wish to be told, if they do. */
  workspace: string;
  payer: string | null;
  channel: string | null;
  /** What the workspace is called. */
  place: string;
}

/** Where replies go. Methods must not throw. */
export interface Surface {
  readonly platform: Platform;
  /** Shows that the tutor is at work. */
  typing(threadId: string): void;
  /** Shows the part of the reply that has been written; `send` follows with the whole, and with the same draft. */
  preview(threadId: string, text: string, draft: Draft): void;
  /** Safe to call twice with one delivery: the second call must not show it twice where the platform allows. */
  send(delivery: OutboundDelivery): Promise<SendResult>;
  /** Shows what can be listened to. `gone`: nobody will ever hear it there. For platforms that can. */
  speak?(utterance: Utterance): Promise<SpeakResult>;
  /** Tells those who run a workspace of their subscription, where only they read it. `gone`: nobody can be told. */
  tellAdmins?(notice: AdminNotice): Promise<SendResult>;
  /** Changes a card to what is given. `gone`: it is not there any more. For platforms that have cards. */
  showCard?(card: ShownCard): Promise<SendResult>;
}

/** Asks some worker of a queue to look at a lesson, at once or later. A lost nudge is found by the sweep. */
export interface Nudger {
  /** Rejects within seconds when the queue cannot be reached. `id`: of the lesson, or of whatever the job is about. */
  nudge(queue: string, id: string, options?: NudgeOptions): Promise<void>;
}

interface NudgeOptions {
  /** Of a lesson's delayed nudges the last one counts. */
  delayMs?: number;
  job?: JobName;
  /** A whole number up to 2,000,000. 0 or absent: first come, first served, ahead of all others; the rest by number. */
  priority?: number;
  /** Not needed while one like it waits: for what asks again and again. */
  unique?: boolean;
}

/**
 * lesson: empty the mailbox · summarise: fold what left the window into the summary · card: show it as the lesson is ·
 * speak: let the learner hear what is owed to the ear, on a queue of its own · bill: apply what Stripe told, and tell
 * admins of it, on a queue of its own.
 */
export type JobName = 'lesson' | 'summarise' | 'card' | 'speak' | 'bill';

export type Attributes = Record<string, string | number | boolean>;

/** Hears what happens, for metrics and traces. Methods must not throw. */
export interface Telemetry {
  /**
   * Does the work as a named step: timed, and a span of the trace that is under way, or of the one that `parent`, a
   * W3C traceparent, belongs to. What the work throws is thrown on.
   */
  step<T>(name: StepName, attributes: Attributes, work: () => Promise<T>, parent?: string | null): Promise<T>;
  /** The trace that is under way, as a W3C traceparent to be kept with a row; null when there is none. */
  traceparent(): string | null;
  note(happening: Happening): void;
}

/** How much may happen within a time, counted over all processes. Methods must not throw: what cannot be counted passes. */
export interface RateLimit {
  /** Takes `points`. Returns 0, or how many milliseconds to wait when not that many are left: then none are taken. */
  take(key: string, points?: number): Promise<number>;
  /** Lets nothing through for so many milliseconds, in any process. */
  block(key: string, ms: number): Promise<void>;
}
