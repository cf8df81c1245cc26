import { APIError, type OpenAI } from 'openai';
import type {
  EasyInputMessage,
  Response,
  ResponseCreateParamsStreaming,
  ResponseTextConfig,
} from 'openai/resources/responses/responses';
import { type Call, type Completion, type Message, StreamCut, type Tokens } from './completion.ts';

/** A StreamCall over the Responses API. The provider keeps nothing: our transcript is the history. */
export async function streamResponses(
  client: OpenAI,
  call: Call,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<Completion> {
  const stream = await client.responses.create(paramsOf(call), { signal });
  let text = '';
  let refusal: string | null = null;
  let finished: Response | null = null;
  for await (const event of stream) {
    switch (event.type) {
      case 'response.output_text.delta':
        text += event.delta;
        onText(text);
        break;
      case 'response.refusal.delta':
        refusal = (refusal ?? '') + event.delta;
        break;
      case 'response.completed':
      case 'response.incomplete':
        finished = event.response;
        break;
      case 'response.failed':
        throw new APIError(undefined, event.response.error ?? { message: 'the response failed' }, undefined, undefined);
    }
  }
  if (!finished) throw new StreamCut();
  const stopped = finished.incomplete_details?.reason;
  return {
    text,
    refusal: stopped === 'content_filter' ? 'content_filter' : refusal,
    truncated: finished.status === 'incomplete',
    tokens: tokensOf(finished),
  };
}

function paramsOf(call: Call): ResponseCreateParamsStreaming {
  return {
    model: call.model,
    input: call.messages.map(messageOf),
    text: { format: formatOf(call) },
    store: false,
    stream: true,
    ...(call.cacheKey && { prompt_cache_key: call.cacheKey }),
  };
}

function messageOf({ role, content, pictures = [] }: Message): EasyInputMessage {
  if (pictures.length === 0) return { role, content };
  const shown = pictures.map(({ url }) => ({ type: 'input_image' as const, image_url: url, detail: 'auto' as const }));
  return { role, content: [{ type: 'input_text', text: content }, ...shown] };
}

function formatOf(call: Call): NonNullable<ResponseTextConfig['format']> {
  if (!call.schema) return { type: 'json_object' };
  return { type: 'json_schema', name: call.agent, strict: true, schema: call.schema };
}

/** Compatible servers leave parts of the usage out, whatever the SDK's types say. */
function tokensOf({ usage }: Response): Tokens {
  return {
    input: usage?.input_tokens ?? 0,
    cached: usage?.input_tokens_details?.cached_tokens ?? 0,
    output: usage?.output_tokens ?? 0,
  };
}
