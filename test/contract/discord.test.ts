import { openDiscordSurface } from '../support/discord-surface.ts';
import { plainApi } from '../twins/discord/client.ts';
import type { ShownMessage } from '../twins/discord/shown.ts';
import { type SpeakingSurface, speakingSurfaceContract, unreliableSpeakingSurfaceContract } from './speaking.ts';
import {
  type DraftingSurface,
  draftingSurfaceContract,
  surfaceContract,
  type UnreliableSurface,
  unreliableSurfaceContract,
} from './surface.ts';

async function filesOf({ attachments }: ShownMessage): Promise<Buffer[]> {
  return Promise.all(attachments.map(async ({ url }) => Buffer.from(await (await fetch(url)).arrayBuffer())));
}

async function open(): Promise<UnreliableSurface & DraftingSurface & SpeakingSurface> {
  const { twin, surface, another, thread } = await openDiscordSurface();
  const isPost = (method: string, path: string) => method === 'POST' && path.endsWith('/messages');
  const everything = () => true;
  return {
    ...{ surface, another, threadId: thread.id, maxCharacters: 2_000 },
    shown: () => twin.messages(thread.id).map(({ content }) => content),
    heard: async () => (await Promise.all(twin.messages(thread.id).map(filesOf))).flat(),
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
speakingSurfaceContract(open);
unreliableSpeakingSurfaceContract(open);
