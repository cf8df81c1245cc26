import type { API } from '@discordjs/core/http-only';
import {
  type APIInteraction,
  type APIModalInteractionResponseCallbackData,
  MessageFlags,
  RESTJSONErrorCodes,
  type RESTPostAPIChannelMessageJSONBody,
} from 'discord-api-types/v10';
import type { Telemetry } from '../../../core/ports.ts';
import { quote } from '../../lines.ts';
import { cut } from '../../split.ts';
import { isRefusal } from '../failures.ts';
import { MESSAGE_LIMIT } from '../replies/markdown.ts';

type Content = Omit<RESTPostAPIChannelMessageJSONBody, 'nonce' | 'enforce_nonce'>;
type File = { name: string; data: Buffer };

/**
 * One interaction's answers. Discord wants the first within three seconds, and takes one: each of the first group is
 * that first one. `say` fits at any time: what it says is read by the person alone.
 */
export interface Exchange {
  /** Shows that the tutor is at it; `say`, or `settle`, ends that. */
  defer(): Promise<void>;
  /** A press was taken. */
  acknowledge(): Promise<void>;
  /** For everybody to read: what the person said out of sight, to see what is being answered. */
  announce(said: string): Promise<void>;
  ask(modal: APIModalInteractionResponseCallbackData): Promise<void>;

  say(message: string | Content, files?: readonly File[]): Promise<void>;
  /** Nothing more is to be said. */
  settle(): Promise<void>;
  /** Changes the message that has what was pressed, after it was acknowledged. */
  edit(message: Pick<Content, 'content' | 'components'>): Promise<void>;
}

const UNHEARD = { allowed_mentions: { parse: [] } };

export function openExchange(api: API, telemetry: Telemetry, interaction: APIInteraction): Exchange {
  const { id, token, application_id: application } = interaction;
  let stage: 'new' | 'deferred' | 'acknowledged' | 'answered' = 'new';
  /** What was tried first counts as the first answer, also when it failed: Discord may have taken it. */
  const first = (next: typeof stage, answer: () => Promise<unknown>) => {
    stage = next;
    return telemetry.step('acknowledge', { platform: 'discord' }, async () => {
      await answer().catch((error: unknown) => {
        // Nobody else answers: it was taken, and the client repeated it because it did not hear of that.
        if (!isRefusal(error, RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged)) throw error;
      });
    });
  };
  const { interactions } = api;
  return {
    defer: () => first('deferred', () => interactions.defer(id, token, { flags: MessageFlags.Ephemeral })),
    acknowledge: () => first('acknowledged', () => interactions.deferMessageUpdate(id, token)),
    announce: (said) =>
      first('answered', () => interactions.reply(id, token, { ...UNHEARD, content: cut(quote(said), MESSAGE_LIMIT) })),
    ask: (modal) => first('answered', () => interactions.createModal(id, token, modal)),
    async say(message, files = []) {
      const content = typeof message === 'string' ? { content: message } : message;
      const body = { ...UNHEARD, ...content, ...(files.length > 0 && { files: [...files] }) };
      const flags = MessageFlags.Ephemeral;
      if (stage === 'new') return first('answered', () => interactions.reply(id, token, { ...body, flags }));
      if (stage === 'deferred') await interactions.editReply(application, token, body);
      else await interactions.followUp(application, token, { ...body, flags });
      stage = 'answered';
    },
    async settle() {
      if (stage === 'deferred') await interactions.deleteReply(application, token);
      stage = 'answered';
    },
    async edit(message) {
      await interactions.editReply(application, token, { ...UNHEARD, ...message });
    },
  };
}
