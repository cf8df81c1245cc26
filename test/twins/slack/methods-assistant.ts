/** Methods of what stands beside a thread: that somebody is at work, a title, what one could ask. */
import { type Call, channelOf, isIn, jsonOf, type Methods, textOf } from './calls.ts';
import { isObject } from './drafts.ts';
import { complaint, Refusal } from './refusals.ts';
import { type Channel, extrasOf, messageAt } from './state.ts';

const MAX_LOADING_MESSAGES = 10;
const MAX_PROMPTS = 4;

export const assistantMethods: Methods = {
  'assistant.threads.setStatus': {
    ...{ tier: 't5', auth: 'bot', scope: 'chat:write', required: ['channel_id', 'thread_ts'] },
    handle(call) {
      const channel = placeOf(call);
      const extras = extrasOf(call.state, channel.id, threadOf(call, channel));
      if (call.body.status === undefined) throw complaint('invalid_arguments', ['missing required field: status']);
      const messages = jsonOf(call, 'loading_messages', 'invalid_arguments') ?? [];
      if (!Array.isArray(messages) || messages.length > MAX_LOADING_MESSAGES) {
        throw complaint('invalid_arguments', [`no more than ${MAX_LOADING_MESSAGES} items allowed: loading_messages`]);
      }
      const loadingMessages = messages.map(String);
      Object.assign(extras, { status: textOf(call, 'status'), loadingMessages, statusAt: call.state.now() });
      return {};
    },
  },
  'assistant.threads.setTitle': {
    ...{ tier: 't4', auth: 'bot', scope: 'assistant:write', required: ['channel_id', 'thread_ts', 'title'] },
    handle(call) {
      const channel = directPlaceOf(call);
      extrasOf(call.state, channel.id, threadOf(call, channel)).title = textOf(call, 'title');
      return {};
    },
  },
  'assistant.threads.setSuggestedPrompts': {
    ...{ tier: 't4', auth: 'bot', scope: 'assistant:write', required: ['channel_id', 'prompts'] },
    handle(call) {
      const channel = directPlaceOf(call);
      const ts = textOf(call, 'thread_ts') === '' ? '' : threadOf(call, channel);
      const prompts = promptsOf(call);
      extrasOf(call.state, channel.id, ts).prompts = { title: textOf(call, 'title') || null, prompts };
      return {};
    },
  },
};

function placeOf(call: Call): Channel {
  const channel = channelOf(call, 'channel_id');
  if (!isIn(call, channel)) throw new Refusal('channel_not_found');
  return channel;
}

/** Titles and prompts are things of the app's own direct channels. */
function directPlaceOf(call: Call): Channel {
  const channel = placeOf(call);
  if (channel.kind !== 'im') throw new Refusal('channel_not_found');
  return channel;
}

function threadOf(call: Call, channel: Channel): string {
  const message = messageAt(channel, textOf(call, 'thread_ts'));
  if (!message || (message.threadTs ?? message.ts) !== message.ts) throw new Refusal('invalid_thread_ts');
  return message.ts;
}

function promptsOf(call: Call): { title: string; message: string }[] {
  const prompts = jsonOf(call, 'prompts', 'invalid_arguments');
  if (!Array.isArray(prompts) || prompts.length < 1 || prompts.length > MAX_PROMPTS) {
    throw complaint('invalid_arguments', [`between 1 and ${MAX_PROMPTS} items needed: prompts`]);
  }
  return prompts.map((prompt, index) => {
    if (!isObject(prompt) || typeof prompt.title !== 'string' || typeof prompt.message !== 'string') {
      throw complaint('invalid_arguments', [`title and message needed [json-pointer:/prompts/${index}]`]);
    }
    return { title: prompt.title, message: prompt.message };
  });
}
