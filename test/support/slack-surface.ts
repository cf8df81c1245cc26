import { type Logger, LogLevel, WebClient } from '@slack/web-api';
import fc from 'fast-check';
import { onTestFinished } from 'vitest';
import type { Clients } from '../../src/bots/slack/bot.ts';
import { NotInstalled } from '../../src/bots/slack/failures.ts';
import { openPeople } from '../../src/bots/slack/lessons/people.ts';
import { rootOf, threadOf } from '../../src/bots/slack/lessons/threads.ts';
import { type SlackSurfaceOptions, slackSurface } from '../../src/bots/slack/replies/outbound.ts';
import { metadataOf } from '../../src/bots/slack/replies/posting.ts';
import { openWords } from '../../src/bots/words.ts';
import type { Surface } from '../../src/core/ports.ts';
import type { Person } from '../twins/slack/people.ts';
import type { ShownMessage } from '../twins/slack/shown.ts';
import type { ChannelHandle, TeamHandle } from '../twins/slack/teams.ts';
import { type SlackTwin, type SlackTwinOptions, startSlackTwin } from '../twins/slack/twin.ts';
import { silentLog } from './classroom.ts';
import { anyText } from './replies.ts';

/** What in a text that Slack shows would call somebody; written apart from the code that sees to it that nothing does. */
export function calls(text: string): string[] {
  return [
    ...(text.match(/(?:<|&lt;)\\?(?:@[UW][A-Z0-9]|!(?:channel|here|everyone|group|subteam))/gi) ?? []),
    ...(text.match(/(?<![a-z0-9_.+-])@(?:channel|here|everyone)(?![a-z0-9])/gi) ?? []),
  ];
}

/** All that is there to be read in a message, in its order. */
export function textsIn(shown: unknown): string[] {
  if (typeof shown !== 'object' || shown === null) return [];
  return Object.entries(shown).flatMap(([key, part]) =>
    typeof part === 'string' ? (key === 'text' ? [part] : []) : textsIn(part),
  );
}

const call = fc.constantFrom(
  ...['<!channel>', '<!here|x>', '<!everyone>', '<!subteam^S1>', '<@U123>', '<@', '<', '!channel>', '<!', '&lt;!here>'],
  ...['@channel', '@here', '@', 'here', '@everyone.', 'a@here', '\n', ' ', '```', 'word', '数', '> ', '**'],
);

/** Texts that any tutor may write, and such as try to call people. */
export const someText = fc.oneof(
  anyText,
  fc.array(call, { maxLength: 30 }).map((parts) => parts.join('')),
  fc.tuple(call, fc.nat(1500)).map(([what, times]) => what.repeat(times)),
);

export interface OpenedSlackSurface {
  twin: SlackTwin;
  team: TeamHandle;
  channel: ChannelHandle;
  ada: Person;
  /** With the rights of the bot, beside the surface. */
  web: WebClient;
  /** On the lesson's card, or in direct messages on what Ada wrote, with nothing else in it. */
  threadId: string;
  /** The ts of the message that it is on. */
  root: string;
  surface: Surface;
  /** Another process with the same thread in hand. */
  another(): Surface;
  /** What the bot has written in the thread. */
  shown(): ShownMessage[];
  /** With how many glimpses of replies in the making a surface is done: it pauses after each. */
  glimpses(): number;
}

export interface SurfaceOptions extends Partial<SlackSurfaceOptions> {
  twin?: SlackTwinOptions;
  direct?: boolean;
  /** How long the first surface waits for Slack; others wait longer. */
  timeoutMs?: number;
}

/** The surface alone, with a thread to write in and no pauses, until the test is finished. */
export async function openSlackSurface(options: SurfaceOptions = {}): Promise<OpenedSlackSurface> {
  const { twin: twinOptions, direct = false, timeoutMs, ...more } = options;
  const twin = await startSlackTwin(twinOptions);
  onTestFinished(() => twin.close());
  const team = twin.addTeam({ name: 'School' });
  const ada = team.addMember({ name: 'Ada' });
  const channel = direct ? twin.channel(ada.dm()) : team.addChannel({ name: 'maths' });
  const web = clientFor(twin, team);
  const threadId = threadOf(channel.id, direct ? ada.writes('fractions').ts : await postCard(web, channel));
  const clientsOf = (client: WebClient) => ({
    async of(workspace: string) {
      if (!team.isInstalled()) throw new NotInstalled(workspace);
      return client;
    },
  });
  let glimpses = 0;
  const pause = async () => {
    glimpses += 1;
  };
  const openOn = (clients: Clients) =>
    slackSurface({
      clients,
      people: openPeople(clients, { now: twin.now, log: silentLog }),
      installerOf: async () => null,
      recipientOf: async () => ({ workspace: team.id, learner: ada.id, team: team.id }),
      ...{ words: openWords(), log: silentLog, now: () => twin.now(), pause, ...more },
    });
  const root = rootOf(threadId);
  return {
    ...{ twin, team, channel, ada, web, threadId, root },
    surface: openOn(clientsOf(clientFor(twin, team, timeoutMs))),
    another: () => openOn(clientsOf(web)),
    glimpses: () => glimpses,
    shown: () => channel.thread(root).filter(({ ts, author }) => ts !== root && author.isBot),
  };
}

const QUIET: Logger = {
  ...{ debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, setName() {} },
  getLevel: () => LogLevel.ERROR,
};

/** Nothing is repeated or waited for in the client, as in ours. */
function clientFor(twin: SlackTwin, team: TeamHandle, timeout = 5_000): WebClient {
  const more = { retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, logger: QUIET, timeout };
  return new WebClient(team.botToken(), { slackApiUrl: twin.url, ...more });
}

async function postCard(web: WebClient, { id }: ChannelHandle): Promise<string> {
  const { ts = '' } = await web.chat.postMessage({ channel: id, text: 'A lesson', metadata: metadataOf('card-1') });
  return ts;
}

/** What is to be read in a message, apart from what can be pressed. */
export function wordsIn({ blocks }: Pick<ShownMessage, 'blocks'>): string {
  return textsIn(blocks.filter(({ type }) => type !== 'actions' && type !== 'context_actions')).join('\n\n');
}
