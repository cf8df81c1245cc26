import type { OpenAI } from 'openai';
import type {
  ChatCompletionChunk,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions/completions';
import { type Call, type Completion, type Message, NO_TOKENS, StreamCut, type Tokens } from './completion.ts';

/** A StreamCall over Chat Completions: what nearly every compatible server speaks. */
export async function streamChat(
  client: OpenAI,
  call: Call,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<Completion> {
  const stream = await client.chat.completions.create(paramsOf(call), { signal });
  let text = '';
  let refusal: string | null = null;
  let finish: ChatCompletionChunk.Choice['finish_reason'] = null;
  let tokens = NO_TOKENS;
  for await (const chunk of stream) {
    const choice = chunk.choices?.[0];
    if (choice?.delta?.content) {
      text += choice.delta.content;
      onText(text);
    }
    if (choice?.delta?.refusal) refusal = (refusal ?? '') + choice.delta.refusal;
    if (choice?.finish_reason) finish = choice.finish_reason;
    if (chunk.usage) tokens = tokensOf(chunk.usage);
  }
  if (!finish) throw new StreamCut();
  return {
    text,
    refusal: finish === 'content_filter' ? 'content_filter' : refusal,
    truncated: finish === 'length',
    tokens,
  };
}

function paramsOf(call: Call): ChatCompletionCreateParamsStreaming {
  return {
    model: call.model,
    messages: call.messages.map(messageOf),
    response_format: formatOf(call),
    stream: true,
    stream_options: { include_usage: true },
    ...(call.cacheKey && { prompt_cache_key: call.cacheKey }),
  };
}

function messageOf({ role, content, pictures = [] }: Message): ChatCompletionMessageParam {
  if (role !== 'user' || pictures.length === 0) return { role, content };
  const shown = pictures.map(({ url }) => ({ type: 'image_url' as const, image_url: { url } }));
  return { role, content: [{ type: 'text', text: content }, ...shown] };
}

function formatOf(call: Call): NonNullable<ChatCompletionCreateParamsStreaming['response_format']> {
  if (!call.schema) return { type: 'json_object' };
  return { type: 'json_schema', json_schema: { name: call.agent, strict: true, schema: call.schema } };
}

function tokensOf(usage: NonNullable<ChatCompletionChunk['usage']>): Tokens {
  return {
    input: usage.prompt_tokens ?? 0,
    cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
    output: usage.completion_tokens ?? 0,
  };
}
