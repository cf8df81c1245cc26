import { setTimeout as delay } from 'node:timers/promises';
import { ROOT_CONTEXT, type Span, type SpanContext, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-node';
import type { Attributes } from '../core/ports.ts';

/**
 * Spans, sent to a collector in batches. Loaded only where there is one, since the packages cost memory and start-up
 * time. Nothing is registered globally: a parent is always named, so that two programs in one process stay apart.
 */

export interface Tracing {
  /** A span below the one that the traceparent names or, where that is none, below `outer`; else a new trace. */
  start(name: string, attributes: Attributes, traceparent: string | null, outer: Span | null): Span;
  /** Sends what is left, within the deadline. Never throws. */
  close(deadlineMs: number): Promise<void>;
}

const EXPORT_TIMEOUT_MS = 5_000;

/** `complain` hears of every batch that was lost. */
export function openTracing(endpoint: string, complain: (error: unknown) => void): Tracing {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS });
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'threadtutor', 'process.pid': process.pid }),
    spanProcessors: [new BatchSpanProcessor(complaining(exporter, complain))],
  });
  const tracer = provider.getTracer('threadtutor');
  return {
    start(name, attributes, traceparent, outer) {
      const parent = readTraceparent(traceparent) ?? outer?.spanContext();
      const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
      return tracer.startSpan(name, { attributes }, context);
    },
    async close(deadlineMs) {
      await Promise.race([provider.shutdown().catch(complain), delay(deadlineMs, undefined, { ref: false })]);
    },
  };
}

/** Tells us, and not the SDK's global handler, which batches were lost. */
function complaining(exporter: OTLPTraceExporter, complain: (error: unknown) => void): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error) complain(result.error);
        done({ code: 0 });
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  };
}

/** Marks a span as failed by what kind of error it was: a message could hold what a learner wrote. */
export function markFailed(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (typeof code === 'string' || typeof code === 'number') span.setAttribute('error.code', code);
}

export function writeTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Null for anything that is not a traceparent. */
function readTraceparent(text: string | null): SpanContext | null {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  if (!traceId || !spanId || !flags) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
}
