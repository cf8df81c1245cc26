import { openDiscordSurface } from '../support/discord-surface.ts';
import { plainApi } from '../twins/discord/client.ts';
import {
  type DraftingSurface,
  draftingSurfaceContract,
  surfaceContract,
  type UnreliableSurface,
  unreliableSurfaceContract,
} from './surface.ts';

async function open(): Promise<UnreliableSurface & DraftingSurface> {
  const { twin, surface, another, thread } = await openDiscordSurface();
  const isPost = (method: string, path: string) => method === 'POST' && path.endsWith('/messages');
  const everything = () => true;
  return {
    ...{ surface, another, threadId: thread.id, maxCharacters: 2_000 },
    shown: () => twin.messages(thread.id).map(({ content }) => content),
    loseNextAnswer: () => twin.faults.loseNext(isPost, 1),
    removeThread: () => thread.remove(),
    isBusyFor(seconds) {
      const headers = { 'Retry-After': String(seconds), 'X-RateLimit-Scope': 'user' };
      twin.faults.failNext(everything, 100, { status: 429, headers, body: { message: 'busy', retry_after: seconds } });
    },
    breaksDown: () => twin.faults.failNext(everything, 100, { status: 503 }),
    async deleteAll() {
      for (const { id } of twin.messages(thread.id)) await plainApi(twin).channels.deleteMessage(thread.id, id);
    },
    forget: () => twin.advance(600_000),
  };
}

surfaceContract(open);
unreliableSurfaceContract(open);
draftingSurfaceContract(open);
