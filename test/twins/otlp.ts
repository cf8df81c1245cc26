/** A twin of an OpenTelemetry collector for the real exporter: takes OTLP over HTTP in JSON, and keeps the spans. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { startLoopback } from './loopback.ts';

export interface CollectedSpan {
  name: string;
  traceId: string;
  spanId: string;
  /** '' for the root of a trace. */
  parentSpanId: string;
  attributes: Record<string, unknown>;
  events: { name: string; attributes: Record<string, unknown> }[];
  /** 2: an error. */
  status: { code?: number; message?: string };
  service: unknown;
}

export interface OtlpTwin {
  /** The base URL, as OTEL_EXPORTER_OTLP_ENDPOINT has it. */
  url: string;
  spans: CollectedSpan[];
  /** Every body, as it came. */
  bodies: unknown[];
  /** Requests that the twin had to refuse: a test expects none. */
  complaints: string[];
  /** What is answered from now on; 200 at first. Null: nothing at all. */
  answer(status: number | null): void;
  close(): Promise<void>;
}

interface Wire {
  resourceSpans: { resource: { attributes: Pair[] }; scopeSpans: { spans: WireSpan[] }[] }[];
}
interface WireSpan extends Omit<CollectedSpan, 'attributes' | 'events' | 'service' | 'parentSpanId'> {
  parentSpanId?: string;
  attributes: Pair[];
  events: { name: string; attributes: Pair[] }[];
}
interface Pair {
  key: string;
  value: Record<string, unknown>;
}

export async function startOtlpTwin(): Promise<OtlpTwin> {
  const twin = { spans: [] as CollectedSpan[], bodies: [] as unknown[], complaints: [] as string[] };
  let status: number | null = 200;
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const isExport = request.method === 'POST' && request.url === '/v1/traces';
    if (!isExport || request.headers['content-type'] !== 'application/json') {
      twin.complaints.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
      response.writeHead(404).end();
      return;
    }
    const body = await json(request);
    twin.bodies.push(body);
    if (status === 200) twin.spans.push(...spansOf(body as Wire));
    if (status !== null) response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  };
  const { url, close } = await startLoopback(serve, (what) => twin.complaints.push(what));
  return {
    ...twin,
    ...{ url, close },
    answer(next) {
      status = next;
    },
  };
}

function spansOf({ resourceSpans }: Wire): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        parentSpanId: span.parentSpanId ?? '',
        attributes: read(span.attributes),
        events: span.events.map(({ name, attributes }) => ({ name, attributes: read(attributes) })),
        service: read(resource.attributes)['service.name'],
      })),
    ),
  );
}

function read(pairs: Pair[]): Record<string, unknown> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]));
}
