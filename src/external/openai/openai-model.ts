import type { OpenAiConfig } from '../../config.ts';
import type { AgentIO, AgentName } from '../../core/agents/agents.ts';
import type { Model, ModelFailure, ModelRequest, ModelResult, ModelUsage } from '../../core/ports.ts';
import { promptTokens } from '../../core/tokens.ts';
import { errorMessage } from '../../errors.ts';
import { streamChat } from './chat.ts';
import {
  type Call,
  type Completion,
  type Message,
  NO_TOKENS,
  type StreamCall,
  sumOf,
  type Tokens,
} from './completion.ts';
import { failureOf, refusesPictures, refusesSchemas } from './failures.ts';
import { type KeyRing, keyRing } from './keys.ts';
import { moderate } from './moderation.ts';
import { previewer, readOutput } from './output.ts';
import { costOf, mostCost } from './prices.ts';
import { streamResponses } from './responses.ts';
import { schemaAsText, strictSchema } from './schema.ts';

interface OpenAiOptions {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Retries of one call, by the SDK and before its first byte. */
  maxRetries?: number;
}

interface Adapter {
  config: OpenAiConfig;
  stream: StreamCall;
  keys: KeyRing;
  now(): number;
  /** False once the server has refused one: it is not asked again. */
  takesSchemas: boolean;
}

/** One answer and at most one repair of it. */
const MAX_ATTEMPTS = 2;
/** Of a faulty output, when it is shown to the model again. */
const MAX_QUOTED = 8_000;

/** OpenAI, or a server that speaks its language, as a Model: every answer is streamed and structured by a schema. */
export function openAiModel(config: OpenAiConfig, options: OpenAiOptions): Model {
  const adapter: Adapter = {
    config,
    stream: config.api === 'responses' ? streamResponses : streamChat,
    keys: keyRing(config, { maxRetries: options.maxRetries ?? 2, now: options.now }),
    now: options.now,
    takesSchemas: true,
  };
  return {
    teachesAnyTopic: true,
    seesPictures: config.pictures,
    estimate({ tier, prompt }) {
      const messages = prompt();
      return mostCost(config.models[tier], promptTokens(messages), picturesIn(messages));
    },
    ...(config.moderation && { moderate: (text: string) => moderate(adapter.keys, text) }),
    async generate(request) {
      try {
        return await answer(adapter, request);
      } catch (error) {
        return { ok: false, reason: 'unavailable', detail: `the call could not be made: ${errorMessage(error)}` };
      }
    },
  };
}

async function answer<Name extends AgentName>(
  adapter: Adapter,
  request: ModelRequest<Name>,
): Promise<ModelResult<AgentIO[Name]['output']>> {
  const startedAt = adapter.now();
  const call = callOf(adapter, request);
  const onText = previewer(request.onText);
  let tokens = NO_TOKENS;
  const usage = (): ModelUsage => usageOf(call.model, tokens, adapter.now() - startedAt);
  let repair: Message[] = [];
  let complaint = '';
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const sent = await complete(adapter, { ...call, messages: [...call.messages, ...repair] }, onText);
    if (!sent.ok) return withUsage(sent, usage());
    const { completion } = sent;
    tokens = sumOf(tokens, completion.tokens);
    if (completion.refusal !== null) return failed('refused', completion.refusal, usage());
    const reading = readOutput(completion, request.schema);
    if (reading.ok) return { ok: true, output: reading.output, usage: usage() };
    complaint = reading.complaint;
    repair = repairOf(completion, complaint);
  }
  return failed('invalid_output', complaint, usage());
}

function callOf<Name extends AgentName>({ config }: Adapter, request: ModelRequest<Name>): ShapedCall {
  return {
    agent: request.agent,
    model: config.models[request.tier],
    messages: request.prompt(),
    schema: strictSchema(request.schema),
    // Compatible servers may refuse fields that they do not know.
    cacheKey: config.baseUrl === null ? `threadtutor-${request.agent}` : null,
  };
}

type ShapedCall = Call & { schema: NonNullable<Call['schema']> };
type Sent = { ok: true; completion: Completion } | ModelFailure;

/** One attempt under one deadline, which a stream that stalls in the middle cannot outlive. Never throws. */
async function complete(adapter: Adapter, call: ShapedCall, onText: (text: string) => void): Promise<Sent> {
  const { apiKeys, timeoutMs } = adapter.config;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), timeoutMs);
  try {
    return { ok: true, completion: await sendSeen(adapter, call, deadline.signal, onText) };
  } catch (error) {
    const late = deadline.signal.aborted;
    return failureOf(error, { model: call.model, timeoutMs, late, secrets: apiKeys, now: adapter.now });
  } finally {
    clearTimeout(timer);
  }
}

/** A picture that cannot be shown must not cost the learner the answer to their words. */
async function sendSeen(
  adapter: Adapter,
  call: ShapedCall,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<Completion> {
  try {
    return await send(adapter, call, signal, onText);
  } catch (error) {
    if (picturesIn(call.messages) === 0 || !refusesPictures(error)) throw error;
    return send(adapter, { ...call, messages: call.messages.map(unillustrated) }, signal, onText);
  }
}

function picturesIn(messages: readonly Pick<Message, 'pictures'>[]): number {
  return messages.reduce((sum, { pictures = [] }) => sum + pictures.length, 0);
}

function unillustrated({ pictures = [], ...message }: Message): Message {
  const note = 'A picture came with this message and could not be opened: say so.';
  return pictures.length === 0 ? message : { ...message, content: `${message.content}\n\n${note}` };
}

async function send(
  adapter: Adapter,
  call: ShapedCall,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<Completion> {
  const withAnyKey = (shaped: Call) => adapter.keys.call((client) => adapter.stream(client, shaped, signal, onText));
  if (!adapter.takesSchemas) return withAnyKey(schemaInWords(call));
  try {
    return await withAnyKey(call);
  } catch (error) {
    if (adapter.config.baseUrl === null || !refusesSchemas(error)) throw error;
    adapter.takesSchemas = false;
    return withAnyKey(schemaInWords(call));
  }
}

function schemaInWords(call: ShapedCall): Call {
  const words = schemaAsText(call.agent, call.schema);
  const messages = call.messages.map((message) =>
    message.role === 'system' ? { ...message, content: `${message.content}\n\n${words}` } : message,
  );
  return { ...call, messages, schema: null };
}

function repairOf(completion: Completion, complaint: string): Message[] {
  const faulty: Message = { role: 'assistant', content: completion.text.slice(0, MAX_QUOTED) };
  const demand: Message = {
    role: 'user',
    content: `Your output cannot be used. ${complaint}\nAnswer again with the whole JSON object, corrected.`,
  };
  return completion.text.trim() ? [faulty, demand] : [demand];
}

function usageOf(model: string, tokens: Tokens, latencyMs: number): ModelUsage {
  return {
    model,
    inputTokens: tokens.input,
    cachedTokens: tokens.cached,
    outputTokens: tokens.output,
    cost: costOf(model, tokens),
    latencyMs,
  };
}

function failed(reason: ModelFailure['reason'], said: string, usage: ModelUsage): ModelFailure {
  return withUsage({ ok: false, reason, detail: said.slice(0, 300) }, usage);
}

/** Only tokens that were paid for are worth a record. */
function withUsage(failure: ModelFailure, usage: ModelUsage): ModelFailure {
  return usage.inputTokens + usage.outputTokens > 0 ? { ...failure, usage } : failure;
}
