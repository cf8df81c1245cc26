import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span } from '@opentelemetry/api';
import type { Telemetry } from '../core/ports.ts';
import type { StepName } from '../core/step-names.ts';
import { type Logger, seldom } from '../log.ts';
import { type Backlog, backlogReader } from './backlog.ts';
import { type Metrics, openMetrics } from './metrics.ts';
import { openTurnParts, type TurnParts } from './turn-parts.ts';

/** Metrics always, traces where there is a collector: what a server's process tells of its work. */

export interface TelemetryOptions {
  /** A collector's base URL, without /v1/traces; null: no traces. */
  otlpEndpoint: string | null;
  log: Logger;
  /** Asked at every scrape; one that fails or takes over two seconds is left out of it. */
  backlog?: () => Promise<Backlog>;
}

export interface OpenedTelemetry {
  telemetry: Telemetry;
  /** Of `metrics`. */
  contentType: string;
  /** In Prometheus' text format, for one scrape. */
  metrics(): Promise<string>;
  /** Sends the spans that are left, within the deadline. Never throws. */
  close(deadlineMs?: number): Promise<void>;
}

/** The step that work runs inside of, and the turn that the step belongs to. */
interface Scope {
  span: Span | null;
  turn: TurnParts | null;
}

/** Where traces begin: what is done around turns, such as looking for one, would be a trace of its own each time. */
const ROOTS: ReadonlySet<StepName> = new Set(['accept', 'turn']);

const NO_SCOPE: Scope = { span: null, turn: null };

/** Never throws, and neither do the `telemetry` and `close` that it returns: work goes on without being watched. */
export async function openTelemetry({ otlpEndpoint, log, backlog }: TelemetryOptions): Promise<OpenedTelemetry> {
  const warning = (message: string) => seldom(log, message);
  const metrics = openMetrics();
  const readBacklog = backlog ? backlogReader(backlog, warning('the backlog could not be measured')) : async () => '';
  const traces = otlpEndpoint ? await loadTracing(otlpEndpoint, warning) : null;
  return {
    telemetry: watch(metrics, traces, harmlessly(warning('telemetry failed'))),
    contentType: metrics.registry.contentType,
    metrics: async () => `${await metrics.registry.metrics()}${await readBacklog()}`,
    close: async (deadlineMs = 2_000) => traces?.tracing.close(deadlineMs),
  };
}

function watch(metrics: Metrics, traces: Traces | null, safely: Safely): Telemetry {
  const scopes = new AsyncLocalStorage<Scope>();
  const now = () => performance.now();
  return {
    async step(name, attributes, work, parent = null) {
      const outer = scopes.getStore() ?? NO_SCOPE;
      const started = now();
      const turn = name === 'turn' ? openTurnParts(now) : outer.turn;
      const leave = turn?.enter(name);
      const isTraced = outer.span !== null || ROOTS.has(name);
      const span =
        safely(() => isTraced && traces?.tracing.start(`tutor.${name}`, attributes, parent, outer.span)) || null;
      try {
        return await scopes.run({ span, turn }, work);
      } catch (error) {
        safely(() => span && traces?.markFailed(span, error));
        throw error;
      } finally {
        leave?.();
        safely(() => span?.end());
        safely(() => metrics.step(name, (now() - started) / 1_000));
        if (name === 'turn' && turn) safely(() => metrics.turn(turn));
      }
    },
    traceparent() {
      const { span } = scopes.getStore() ?? NO_SCOPE;
      return safely(() => span && traces?.writeTraceparent(span.spanContext())) ?? null;
    },
    note(happening) {
      safely(() => metrics.note(happening));
      if (happening.type !== 'turn_started') return;
      const { span, turn } = scopes.getStore() ?? NO_SCOPE;
      const { waitedMs } = happening;
      if (turn) turn.waitedMs = waitedMs;
      safely(() => span?.setAttribute('waited_ms', waitedMs).addEvent('turn started', { waited_ms: waitedMs }));
    },
  };
}

type Traces = NonNullable<Awaited<ReturnType<typeof loadTracing>>>;
type Safely = ReturnType<typeof harmlessly>;

async function loadTracing(endpoint: string, warning: (message: string) => (error: unknown) => void) {
  try {
    const { openTracing, markFailed, writeTraceparent } = await import('./tracing.ts');
    return { tracing: openTracing(endpoint, warning('traces were lost')), markFailed, writeTraceparent };
  } catch (error) {
    warning('there will be no traces')(error);
    return null;
  }
}

/** Runs what must not disturb the work that it watches. */
function harmlessly(complain: (error: unknown) => void) {
  return <T>(act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      complain(error);
      return undefined;
    }
  };
}
