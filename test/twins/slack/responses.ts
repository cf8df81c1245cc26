/** Response URLs: what an app says, changes and takes away after an interaction. */
import type { Call } from './calls.ts';
import { contentOf } from './drafts.ts';
import { deleteMessage, editMessage, postMessage } from './messages.ts';
import { Refusal } from './refusals.ts';
import {
  type Answer,
  type EphemeralMessage,
  type Json,
  known,
  messageAt,
  type ResponseUrl,
  type State,
} from './state.ts';
import { useResponseUrl } from './triggers.ts';

type Target = Pick<ResponseUrl, 'channelId' | 'userId' | 'installation' | 'messageTs'>;

/** A request to a response URL. */
export function respond(state: State, url: ResponseUrl, body: Json): Answer {
  const fault = useResponseUrl(state, url);
  if (fault) return { status: 404, body: { ok: false, error: fault } };
  return say(state, url, body);
}

/** What the app says to somebody who just used it, where they used it. */
export function say(state: State, target: Target, body: Json): Answer {
  const original = originalOf(state, target);
  if (isSet(body.delete_original)) {
    if (!original) return { status: 404, body: { ok: false, error: 'no_original' } };
    original.remove();
    return { status: 200, body: { ok: true } };
  }
  try {
    // Of the call, only its body is looked at.
    const { text = '', blocks = [] } = contentOf({ state, body, installation: target.installation } as Call);
    if (text === '' && blocks.length === 0) return { status: 500, body: { ok: false, error: 'no_text' } };
    if (isSet(body.replace_original) && original) original.replace({ text, blocks });
    else post(state, target, body, { text, blocks });
    return { status: 200, body: { ok: true } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    state.violations.push(`a response that Slack does not take: ${JSON.stringify(error.body)}`);
    return { status: 500, body: error.body };
  }
}

const isSet = (value: unknown) => value === true || value === 'true';

interface Content {
  text: string;
  blocks: Json[];
}

function post(state: State, { channelId, userId, installation }: Target, body: Json, content: Content): void {
  const channel = known(state.channels, channelId);
  const { botUser, botId } = installation;
  const threadTs = typeof body.thread_ts === 'string' ? body.thread_ts : null;
  if (body.response_type === 'in_channel') {
    postMessage(state, channel, botUser, { ...content, threadTs, botId });
    return;
  }
  state.ephemerals.push({ ts: state.nextTs(channel), channelId, threadTs, userId, botId, ...content, deleted: false });
}

interface Original {
  replace(content: Content): void;
  remove(): void;
}

/** The message that was acted on: one that everybody sees, or only this person. */
function originalOf(state: State, { channelId, userId, installation, messageTs }: Target): Original | null {
  const channel = state.channels.get(channelId);
  if (!channel || messageTs === null) return null;
  const ephemeral = ephemeralAt(state, userId, channelId, messageTs);
  if (ephemeral) {
    return {
      replace: (content) => void Object.assign(ephemeral, content),
      remove() {
        ephemeral.deleted = true;
      },
    };
  }
  const message = messageAt(channel, messageTs);
  if (!message || message.botId !== installation.botId) return null;
  return {
    replace: (content) => editMessage(state, message, installation.botUser, content),
    remove: () => deleteMessage(state, message),
  };
}

/** What only this person sees there. */
export function ephemeralAt(state: State, userId: string, channelId: string, ts: string): EphemeralMessage | undefined {
  const own = state.ephemerals.filter((each) => each.userId === userId && !each.deleted);
  return own.find((each) => each.channelId === channelId && each.ts === ts);
}
