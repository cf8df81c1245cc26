import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Happening } from '../core/happenings.ts';
import type { ModelFailureReason, ModelUsage } from '../core/ports.ts';
import type { StepName } from '../core/step-names.ts';
import { openSpeechMetrics } from './speech-metrics.ts';
import type { TurnParts } from './turn-parts.ts';

/** What is counted and timed in this process. Every label has a bounded set of values: no ids, nothing that was written. */

export interface Metrics {
  registry: Registry;
  step(name: StepName, seconds: number): void;
  turn(parts: TurnParts): void;
  note(happening: Happening): void;
}

/** In seconds: from a query on the same machine to the longest that a model is waited for. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60];

export function openMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const steps = histogram(registry, 'threadtutor_step_seconds', 'How long a step of the way of a message took', 'step');
  const turns = histogram(
    registry,
    'threadtutor_turn_seconds',
    'How long a turn took, and where the time went',
    'part',
  );
  return {
    registry,
    step: (name, seconds) => steps.observe({ step: name }, seconds),
    turn(parts) {
      if (parts.waitedMs === null) return;
      const queue = amount(parts.waitedMs) / 1_000;
      const worked = parts.seconds();
      const total = Object.values(worked).reduce((sum, seconds) => sum + seconds, queue);
      for (const [part, seconds] of Object.entries({ queue, ...worked, total })) turns.observe({ part }, seconds);
    },
    note: openCounters(registry),
  };
}

function histogram<Label extends string>(registry: Registry, name: string, help: string, label: Label) {
  return new Histogram({ name, help, labelNames: [label], buckets: BUCKETS, registers: [registry] });
}

function openCounters(registry: Registry): (happening: Happening) => void {
  const counter = <Label extends string = never>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `threadtutor_${name}_total`, help, labelNames, registers: [registry] });
  const accepted = counter('messages_accepted', 'Messages that were taken in', 'platform', 'duplicate');
  const refused = counter('messages_refused', 'Messages whose writer was told why not', 'platform', 'code');
  const answered = counter('turns_answered', 'Turns that ended with an answer', 'platform');
  const failed = counter('turns_failed', 'Attempts at a turn that failed', 'reason', 'gave_up');
  const putOff = counter('turns_put_off', 'Turns that had to wait for room', 'because');
  const modelCalled = openModelCounters(counter);
  const sent = counter('deliveries_sent', 'Replies that the platform took', 'platform');
  const unsent = counter('deliveries_failed', 'Attempts to send a reply that failed', 'platform', 'reason');
  const leasesLost = counter('leases_lost', 'Lessons that another worker took over while this one was at them');
  const nudgesLost = counter('nudges_lost', 'Nudges that the queue did not take');
  const swept = counter('lessons_swept', 'Lessons with work that nobody was at, found by the sweep');
  const stripeEvents = counter('stripe_events', 'What Stripe told, by what became of it', 'outcome');
  const notices = counter('billing_notices', 'What admins were to be told of what they pay', 'outcome');
  const speech = openSpeechMetrics(registry);
  const codeName = bounded(/^[a-z][a-z0-9_]{0,31}$/);
  return (happening) => {
    switch (happening.type) {
      case 'message_accepted':
        return accepted.inc({ platform: happening.platform, duplicate: String(!happening.created) });
      case 'message_refused':
        return refused.inc({ platform: happening.platform, code: codeName(happening.code) });
      case 'turn_started':
        return; // Counted with the time that it took.
      case 'turn_answered':
        return answered.inc({ platform: happening.platform });
      case 'turn_failed':
        return failed.inc({ reason: happening.reason, gave_up: String(happening.givesUp) });
      case 'turn_put_off':
        return putOff.inc({ because: happening.because });
      case 'model_called':
        return modelCalled(happening.agent, happening.usage, happening.failure);
      case 'delivery_sent':
        return sent.inc({ platform: happening.platform });
      case 'delivery_failed':
        return unsent.inc({ platform: happening.platform, reason: happening.reason });
      case 'lease_lost':
        return leasesLost.inc();
      case 'nudge_lost':
        return nudgesLost.inc();
      case 'swept':
        return swept.inc(amount(happening.lessons));
      case 'stripe_event':
        return stripeEvents.inc({ outcome: happening.outcome });
      case 'billing_notice':
        return notices.inc({ outcome: happening.outcome });
      default:
        return speech(happening);
    }
  };
}

type CounterMaker = <Label extends string>(name: string, help: string, ...labelNames: Label[]) => Counter<Label>;

function openModelCounters(counter: CounterMaker) {
  const calls = counter('model_calls', 'Calls of a model', 'agent', 'model', 'outcome');
  const tokens = counter('model_tokens', 'Tokens that were paid for', 'agent', 'model', 'kind');
  const cost = counter('model_cost_dollars', 'What calls cost, where a price is known', 'agent', 'model');
  const modelName = bounded(/^[\w.:/@-]{1,64}$/);
  return (agent: string, usage: ModelUsage | null, failure: ModelFailureReason | null) => {
    const labels = { agent, model: usage ? modelName(usage.model) : 'unknown' };
    calls.inc({ ...labels, outcome: failure ?? 'ok' });
    if (!usage) return;
    tokens.inc({ ...labels, kind: 'input' }, amount(usage.inputTokens - usage.cachedTokens));
    tokens.inc({ ...labels, kind: 'cached' }, amount(usage.cachedTokens));
    tokens.inc({ ...labels, kind: 'output' }, amount(usage.outputTokens));
    cost.inc(labels, amount(usage.cost ?? 0));
  };
}

/** A figure that is none would make its counter NaN for good. */
function amount(figure: number): number {
  return figure > 0 && Number.isFinite(figure) ? figure : 0;
}

const MOST_VALUES = 20;

/** The first few values that look like names stay; anything else is "other", so that no label can grow without end. */
function bounded(shape: RegExp): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= MOST_VALUES || !shape.test(value)) return 'other';
    known.add(value);
    return value;
  };
}
