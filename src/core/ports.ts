import type { z } from 'zod';
import type { AgentIO, AgentName } from './agents/agents.ts';
import type { Platform, Reply } from './messages.ts';

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
  /** Tokens that were paid for all the same. */
  usage?: ModelUsage;
}

export type ModelResult<Output> = { ok: true; output: Output; usage: ModelUsage } | ModelFailure;

export interface PromptMessage {
  role: 'system' | 'user';
  content: string;
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
  /** The most that a call may cost, in US dollars; null where no price is known. */
  estimate?<Name extends AgentName>(request: ModelRequest<Name>): number | null;
  /** What the provider's moderation says of a text; null when it has none, or it did not answer. Must not throw. */
  moderate?(text: string): Promise<'none' | 'abuse' | 'self_harm' | 'unsafe' | null>;
  generate<Name extends AgentName>(request: ModelRequest<Name>): Promise<ModelResult<AgentIO[Name]['output']>>;
}

export interface OutboundDelivery {
  /** Stable across retries: the platform's nonce. */
  id: string;
  threadId: string;
  reply: Reply;
}

export type SendResult =
  | { ok: true; platformMessageIds: string[] }
  /** `gone`: the thread is no longer there; never retried. */
  | { ok: false; reason: 'gone' | 'retry'; detail: string; retryAfterMs?: number };

/** Where replies go. Methods must not throw. */
export interface Surface {
  readonly platform: Platform;
  /** Shows that the tutor is at work. */
  typing(threadId: string): void;
  /** Shows the part of the reply that has been written; `send` follows with the whole. */
  preview(threadId: string, text: string): void;
  /** Safe to call twice with one delivery: the second call must not show it twice where the platform allows. */
  send(delivery: OutboundDelivery): Promise<SendResult>;
}

/** Asks some worker of a queue to look at a lesson, at once or later. A lost nudge is found by the sweep. */
export interface Nudger {
  nudge(queue: string, lessonId: string, delayMs?: number, job?: JobName): Promise<void>;
}

/** lesson: empty the mailbox · summarise: fold what left the window into the summary. */
export type JobName = 'lesson' | 'summarise';
