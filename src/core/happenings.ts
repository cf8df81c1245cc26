import type { AgentName } from './agents/agents.ts';
import type { Platform } from './messages.ts';
import type { ModelFailureReason, ModelUsage, SpeechFailure, SpeechUsage } from './ports.ts';

/** Something that an operator may want to count. */
export type Happening =
  | { type: 'message_accepted'; platform: Platform; created: boolean }
  /** A person was told why not. */
  | { type: 'message_refused'; platform: Platform; code: string }
  /** `waitedMs`: from the acceptance of its first message to its start. */
  | { type: 'turn_started'; platform: Platform; waitedMs: number }
  | { type: 'turn_answered'; platform: Platform }
  | { type: 'turn_failed'; reason: ModelFailureReason; givesUp: boolean }
  /** There was no room for it: it waits, and it has not failed. */
  | { type: 'turn_put_off'; because: 'workspace' | 'learner' | 'provider' }
  | {
      type: 'model_called';
      agent: AgentName | 'transcriber';
      usage: ModelUsage | null;
      failure: ModelFailureReason | null;
    }
  | { type: 'delivery_sent'; platform: Platform }
  | { type: 'delivery_failed'; platform: Platform; reason: 'gone' | 'retry' | 'given_up' }
  | { type: 'lease_lost' }
  | { type: 'nudge_lost' }
  /** Lessons with work that nobody was at. */
  | { type: 'swept'; lessons: number }
  /** Of what Stripe told; `put_off`: it is tried again. */
  | { type: 'stripe_event'; outcome: 'applied' | 'ignored' | 'put_off' | 'given_up' }
  /** Of what admins are to know of what they pay. */
  | { type: 'billing_notice'; outcome: 'sent' | 'put_off' | 'given_up' }
  | SpeechHappening;

/** What an operator may want to know of what is heard. Nothing in it tells what was said. */
export type SpeechHappening =
  /** A worker has taken it up for the first time. `waitedMs`: since its text was sent, or since it was asked for. */
  | { type: 'speech_begun'; platform: Platform; waitedMs: number }
  /** Its first part is there; `waitedMs` as above, earlier attempts included. */
  | { type: 'speech_heard'; platform: Platform; waitedMs: number }
  /** All of it is there. */
  | { type: 'speech_done'; platform: Platform }
  /** `gone`: nothing can be heard there any more; `surface`: the platform did not take it; `refused`: nor will it take others. */
  | {
      type: 'speech_failed';
      reason: SpeechFailure['reason'] | 'surface' | 'refused' | 'over_budget' | 'over_minutes' | 'gone';
      givesUp: boolean;
    }
  /** Of one part, or of a sentence in a voice channel. `usage`: what was paid for; null: it was kept from before. */
  | { type: 'audio_found'; engine: string; usage: SpeechUsage | null };
