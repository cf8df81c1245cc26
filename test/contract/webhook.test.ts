import { onTestFinished } from 'vitest';
import { webhookSurface } from '../../src/bots/webhook/outbound.ts';
import { CHAT_SECRET } from '../support/chat.ts';
import { silentLog } from '../support/classroom.ts';
import { type Fault, startChatTwin } from '../twins/chat.ts';
import { surfaceContract, type UnreliableSurface, unreliableSurfaceContract } from './surface.ts';

/** Previews are no messages there, and the other program knows a delivery again by its id. */

async function open(): Promise<UnreliableSurface> {
  const twin = await startChatTwin({ secret: CHAT_SECRET });
  onTestFinished(() => twin.close());
  const config = { url: twin.url, secret: CHAT_SECRET };
  const surface = webhookSurface(config, { now: Date.now, log: silentLog, pause: async () => {} });
  const threadId = 'thread-1';
  const always = (fault: Fault) => twin.misbehave(() => fault);
  return {
    ...{ surface, threadId, maxCharacters: null },
    shown: () =>
      twin
        .shown(threadId)
        .map(({ reply: { text, question, closing } }) => [text, question?.prompt, closing].filter(Boolean).join('\n')),
    loseNextAnswer: () => twin.misbehave(({ attempt }) => (attempt === 1 ? { kind: 'lose' } : null)),
    removeThread: () => always({ kind: 'status', status: 410 }),
    isBusyFor: (seconds) => always({ kind: 'status', status: 429, retryAfter: String(seconds) }),
    breaksDown: () => always({ kind: 'drop' }),
  };
}

surfaceContract(open);
unreliableSurfaceContract(open);
