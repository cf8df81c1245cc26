/** The events of both APIs, in the order and the shape in which the real server sends them. */

/** How the model's turn ends. */
export interface Ending {
  kind: 'text' | 'refusal';
  stop: 'done' | 'length' | 'filtered';
  usage: { input: number; cached: number; output: number };
}

export interface SentEvent {
  event?: string;
  data: object | '[DONE]';
}

/** One answer on the wire: what comes before the first piece of text, with every piece, and after the last. */
export interface Wire {
  begin(): SentEvent[];
  piece(text: string): SentEvent[];
  end(whole: string): SentEvent[];
  /** The server gives up in the middle. */
  fail(error: { code: string; message: string }): SentEvent[];
}

const CREATED = 1_750_000_000;

export function chatWire(model: string, ending: Ending, withUsage: boolean): Wire {
  const chunk = (choices: object[], usage: object | null = null): SentEvent => ({
    data: {
      id: 'chatcmpl-twin',
      object: 'chat.completion.chunk',
      created: CREATED,
      model,
      service_tier: 'default',
      system_fingerprint: 'fp_twin',
      choices,
      ...(withUsage && { usage }),
    },
  });
  const choice = (delta: object, finish: string | null = null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finish }]);
  const finish = { done: 'stop', length: 'length', filtered: 'content_filter' }[ending.stop];
  const { input, cached, output } = ending.usage;
  const usage = {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
  return {
    begin: () => [choice({ role: 'assistant', content: ending.kind === 'text' ? '' : null, refusal: null })],
    piece: (text) => [choice(ending.kind === 'text' ? { content: text } : { refusal: text })],
    end: () => [choice({}, finish), ...(withUsage ? [chunk([], usage)] : []), { data: '[DONE]' }],
    fail: (error) => [{ data: { error: { ...error, type: 'server_error', param: null } } }],
  };
}

export function responsesWire(model: string, ending: Ending): Wire {
  let sequence = 0;
  const event = (type: string, data: object): SentEvent => ({
    event: type,
    data: { type, sequence_number: sequence++, ...data },
  });
  const isText = ending.kind === 'text';
  const place = { item_id: 'msg_twin', output_index: 0, content_index: 0 };
  const part = (text: string) =>
    isText ? { type: 'output_text', text, annotations: [], logprobs: [] } : { type: 'refusal', refusal: text };
  const item = (status: string, content: object[]) => ({
    id: 'msg_twin',
    type: 'message',
    role: 'assistant',
    status,
    content,
  });
  const response = (status: string, more: object = {}) => ({
    response: { ...emptyResponse(model), status, ...more },
  });
  const stream = isText ? 'response.output_text' : 'response.refusal';
  return {
    begin: () => [
      event('response.created', response('in_progress')),
      event('response.in_progress', response('in_progress')),
      event('response.output_item.added', { output_index: 0, item: item('in_progress', []) }),
      event('response.content_part.added', { ...place, part: part('') }),
    ],
    piece: (text) => [event(`${stream}.delta`, { ...place, delta: text, ...(isText && { logprobs: [] }) })],
    end: (whole) => {
      const status = ending.stop === 'done' ? 'completed' : 'incomplete';
      const output = [item(status, [part(whole)])];
      const reason = ending.stop === 'length' ? 'max_output_tokens' : 'content_filter';
      return [
        event(`${stream}.done`, { ...place, ...(isText ? { text: whole, logprobs: [] } : { refusal: whole }) }),
        event('response.content_part.done', { ...place, part: part(whole) }),
        event('response.output_item.done', { output_index: 0, item: output[0] }),
        event(
          `response.${status}`,
          response(status, {
            output,
            usage: responsesUsage(ending.usage),
            ...(status === 'incomplete' && { incomplete_details: { reason } }),
          }),
        ),
      ];
    },
    fail: (error) => [event('response.failed', response('failed', { error }))],
  };
}

function responsesUsage({ input, cached, output }: Ending['usage']): object {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}

function emptyResponse(model: string): object {
  return {
    id: 'resp_twin',
    object: 'response',
    created_at: CREATED,
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    store: false,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
  };
}
