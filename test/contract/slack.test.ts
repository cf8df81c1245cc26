import { describe } from 'vitest';
import { openSlackSurface, type SurfaceOptions, wordsIn } from '../support/slack-surface.ts';
import { type SpeakingSurface, speakingSurfaceContract, unreliableSpeakingSurfaceContract } from './speaking.ts';
import {
  type DraftingSurface,
  draftingSurfaceContract,
  surfaceContract,
  type UnreliableSurface,
  unreliableSurfaceContract,
} from './surface.ts';

const opening =
  (options: SurfaceOptions) => async (): Promise<UnreliableSurface & DraftingSurface & SpeakingSurface> => {
    const { twin, team, surface, another, web, channel, ada, threadId, root, shown } = await openSlackSurface(options);
    const files = () => shown().flatMap((message) => message.files);
    const everything = () => true;
    return {
      ...{ surface, another, threadId, maxCharacters: 3_500 },
      shown: () => shown().map(wordsIn),
      heard: () =>
        Promise.all(
          files().map(async ({ id }) => {
            const { file } = await web.files.info({ file: id });
            const headers = { authorization: `Bearer ${team.botToken()}` };
            return Buffer.from(await (await fetch(file?.url_private ?? '', { headers })).arrayBuffer());
          }),
        ),
      loseNextAnswer: () => twin.faults.loseNext((method) => method === 'chat.postMessage', 1),
      // Whoever wrote its first message deletes that: nothing was said below it, so that there is no trace.
      removeThread() {
        if (options.direct) return ada.deletes({ channelId: channel.id, ts: root });
        const removed = web.chat.delete({ channel: channel.id, ts: root });
        twin.faults.onRequest(async ({ method }) => void (method === 'chat.postMessage' && (await removed)));
      },
      isBusyFor(seconds) {
        const headers = { 'retry-after': String(seconds) };
        twin.faults.failNext(everything, 100, { status: 429, headers, body: { ok: false, error: 'ratelimited' } });
      },
      breaksDown: () => twin.faults.failNext(everything, 100, { status: 503 }),
      async deleteAll() {
        for (const { ts } of shown()) await web.chat.delete({ channel: channel.id, ts });
      },
      // Slack itself forgets nothing; it may no longer let us read.
      forget() {
        const body = { ok: false, error: 'missing_scope' };
        twin.faults.failNext((method) => method === 'conversations.replies', 100, { status: 200, body });
      },
    };
  };

describe.each<[string, SurfaceOptions]>([
  ['a channel', {}],
  ['direct messages', { direct: true }],
  ['a channel where nothing is streamed', { twin: { streams: false } }],
])('in %s', (_, options) => {
  const open = opening(options);
  surfaceContract(open);
  unreliableSurfaceContract(open);
  draftingSurfaceContract(open);
  speakingSurfaceContract(open);
  unreliableSpeakingSurfaceContract(open);
});
