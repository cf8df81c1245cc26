import { setTimeout as sleep } from 'node:timers/promises';
import type { RespondFn } from '@slack/bolt';
import type { KnownBlock, ModalView } from '@slack/types';
import type { WebClient } from '@slack/web-api';
import type { Telemetry } from '../../../core/ports.ts';
import { UserError } from '../../../errors.ts';
import type { Logger } from '../../../log.ts';
import { both } from '../../in-time.ts';
import type { Translate } from '../../words.ts';
import { isAway, isRefusal, reasonOf, refusalOf } from '../failures.ts';
import { directChannel } from '../lessons/people.ts';

/** `text` is mrkdwn: people's words in it are escaped. Blocks stand in its place, but for notifications. */
export interface Content {
  text: string;
  blocks?: KnownBlock[];
}

/** Where somebody is, when they press or write something. */
export interface Place {
  channel: string;
  /** The ts of the thread's root. */
  thread?: string | undefined;
}

/**
 * One interaction's answers. Slack wants to hear within three seconds that it was taken; what is said is read by the
 * person alone.
 */
export interface Exchange {
  /** Once: what comes second changes nothing. `errors`: the form stays open, with these below its fields. */
  ack(errors?: Readonly<Record<string, string>>): Promise<void>;
  readonly isAcknowledged: boolean;
  /** Acknowledges as well, where that has not been done. A place other than where they were has to be given. */
  say(message: string | Content, place?: Place | null): Promise<void>;
  /** Puts something else in the place of what only this person reads, and has pressed. */
  replace(message: Content): Promise<void>;
  /**
   * Acknowledges as well, once it is known what came of it. Resolves with the view's id; null: it was open. Throws
   * UserError when it was too late for it.
   */
  open(view: ModalView): Promise<string | null>;
  /** Changes a view that is open; one that was closed meanwhile stays so. */
  update(id: string, view: ModalView): Promise<void>;
  /** Where they were; null: at no place where anything can be said. */
  readonly place: Place | null;
  /** For who goes on with it if this process cannot. */
  readonly responseUrl: string | null;
}

type Response = { response_type: 'ephemeral'; text: string; blocks?: KnownBlock[] };

/** What an interaction brings to be answered with. */
export interface Answering {
  kind: 'command' | 'press' | 'form' | 'shortcut';
  user: string;
  place: Place | null;
  triggerId: string | null;
  /** Bolt's. */
  ack(response?: unknown): Promise<void>;
  respond: RespondFn | null;
  responseUrl: string | null;
}

interface Deps {
  client(): Promise<WebClient>;
  telemetry: Telemetry;
  log: Logger;
  words: Translate;
}

export function openExchange(deps: Deps, answering: Answering): Exchange {
  const { kind, ack, triggerId, place: here, responseUrl } = answering;
  let acknowledging: Promise<void> | null = null;
  const acknowledge = (response?: unknown) => {
    acknowledging ??= deps.telemetry.step('acknowledge', { platform: 'slack' }, () => ack(response));
    return acknowledging;
  };
  return {
    ...{ place: here, responseUrl },
    ack: (errors) => acknowledge(errors && { response_action: 'errors', errors }),
    get isAcknowledged() {
      return acknowledging !== null;
    },
    async say(message, place = here) {
      const content = typeof message === 'string' ? { text: message } : message;
      // A command takes what is said with the acknowledgement.
      if (!acknowledging && kind === 'command') return acknowledge(privately(content));
      await both(acknowledge(), tellPatiently(deps, answering, place, content));
    },
    async replace(message) {
      await acknowledge();
      if (!answering.respond) throw new Error('what was pressed cannot be replaced');
      await answering.respond({ replace_original: true, ...privately(message) });
    },
    async open(view) {
      const opening = openForm(deps, triggerId, view);
      // Not before: no row keeps a form, so nobody would open it after a crash, and whoever pressed would wait for it.
      const isOver = opening.catch(() => {});
      await both(
        isOver.then(() => acknowledge()),
        opening,
      );
      return opening;
    },
    async update(id, view) {
      await acknowledge();
      const client = await deps.client();
      await client.views.update({ view_id: id, view }).catch((error: unknown) => {
        if (!isRefusal(error, 'not_found')) throw error;
      });
    },
  };
}

async function openForm({ client, words }: Deps, triggerId: string | null, view: ModalView): Promise<string | null> {
  try {
    const opened = await (await client()).views.open({ trigger_id: triggerId ?? '', view });
    return opened.view?.id ?? null;
  } catch (error) {
    if (isRefusal(error, 'expired_trigger_id')) throw new UserError('too_late', words('forms.tooLate'));
    // Who repeats an interaction that seemed lost may find its form open.
    if (!isRefusal(error, 'exchanged_trigger_id')) throw error;
    return null;
  }
}

function privately({ text, blocks }: Content): Response {
  return { response_type: 'ephemeral', text, ...(blocks && { blocks }) };
}

/** Between the attempts, for as long as somebody may still be looking. */
const PAUSES_MS = [500, 1_500, 4_000];

/** Also while Slack fails: who sees that it was taken, and nothing more, waits for what does not come. */
async function tellPatiently(deps: Deps, answering: Answering, place: Place | null, content: Content): Promise<void> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await tell(deps, answering, place, content);
    } catch (error) {
      if (!isAway(error)) throw error;
      deps.log.debug({ reason: reasonOf(error), pauseMs }, 'somebody is told again, for Slack has failed');
      await sleep(pauseMs, undefined, { ref: false });
    }
  }
  await tell(deps, answering, place, content);
}

/** By the interaction's own way back, while it is open; else where they were; else in direct messages. */
async function tell(deps: Deps, answering: Answering, place: Place | null, content: Content): Promise<void> {
  const { user, respond } = answering;
  if (respond && place?.channel === answering.place?.channel) {
    try {
      const thread = place?.thread ? { thread_ts: place.thread } : {};
      await respond({ replace_original: false, ...thread, ...privately(content) });
      return;
    } catch (error) {
      deps.log.debug({ reason: reasonOf(error) }, 'a response url took no answer');
    }
  }
  const client = await deps.client();
  if (place) {
    try {
      const { channel, thread } = place;
      await client.chat.postEphemeral({ channel, user, ...content, ...(thread && { thread_ts: thread }) });
      return;
    } catch (error) {
      // Such as a channel that the tutor is not in.
      if (refusalOf(error) === null) throw error;
      deps.log.debug({ reason: reasonOf(error) }, 'a channel took no private answer');
    }
  }
  await client.chat.postMessage({ channel: await directChannel(client, user), ...content });
}
