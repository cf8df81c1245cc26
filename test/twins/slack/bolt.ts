/** A plain app of Slack's own kind on the twin: it hears everything, and answers as a test tells it to. */
import type { AddressInfo } from 'node:net';
import {
  type AllMiddlewareArgs,
  App,
  HTTPReceiver,
  type Logger,
  LogLevel,
  type SlackActionMiddlewareArgs,
  type SlackCommandMiddlewareArgs,
  type SlackShortcutMiddlewareArgs,
  type SlackViewMiddlewareArgs,
  SocketModeReceiver,
} from '@slack/bolt';
import type { EventBody } from './events.ts';
import type { SlackTwin } from './twin.ts';

interface Heard {
  body: EventBody;
  type: string;
  retryNum: number | undefined;
  retryReason: string | undefined;
}

type Answering<Args> = (args: Args & AllMiddlewareArgs) => Promise<unknown>;

interface Answers {
  command: Answering<SlackCommandMiddlewareArgs>;
  action: Answering<SlackActionMiddlewareArgs>;
  shortcut: Answering<SlackShortcutMiddlewareArgs>;
  view: Answering<SlackViewMiddlewareArgs>;
}

export interface PlainApp {
  heard: Heard[];
  /** What it does with interactions: acknowledges them, unless a test says otherwise. */
  answers: Answers;
  /** Leaves everything that comes without an acknowledgement; what came is never acknowledged. */
  hold(held: boolean): void;
  stop(): Promise<void>;
}

/** How long a client waits before it connects again. */
const RECONNECT_MS = 1_000;

const silent: Logger = {
  ...{ debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, setName() {} },
  getLevel: () => LogLevel.ERROR,
};

export async function socketApp(twin: SlackTwin, { serverPingTimeout = 30_000 } = {}): Promise<PlainApp> {
  const receiver = new SocketModeReceiver({
    ...{ appToken: twin.appToken, clientPingTimeout: RECONNECT_MS, serverPingTimeout, logger: silent },
    installerOptions: { clientOptions: { slackApiUrl: twin.url } },
  });
  const { app, plain } = appOn(twin, receiver);
  // A client that is stopped between its connection and Slack's hello leaves a rejection that nobody handles.
  let connected: Promise<unknown> = Promise.resolve();
  receiver.client.on('connecting', () => {
    connected = new Promise((resolve) => receiver.client.once('connected', resolve));
  });
  await app.start();
  return {
    ...plain,
    async stop() {
      await connected;
      await app.stop();
    },
  };
}

export interface HttpApp extends PlainApp {
  url: string;
}

export async function httpApp(twin: SlackTwin, { signingSecret = twin.signingSecret } = {}): Promise<HttpApp> {
  const { app, plain } = appOn(twin, new HTTPReceiver({ signingSecret, logger: silent }));
  const server = (await app.start(0)) as { address(): unknown; closeAllConnections(): void };
  const { port } = server.address() as AddressInfo;
  return {
    ...plain,
    url: `http://127.0.0.1:${port}/slack/events`,
    async stop() {
      const stopped = app.stop();
      server.closeAllConnections();
      await stopped;
    },
  };
}

function appOn(twin: SlackTwin, receiver: SocketModeReceiver | HTTPReceiver) {
  const heard: Heard[] = [];
  const answers: Answers = {
    command: ({ ack }) => ack(),
    action: ({ ack }) => ack(),
    shortcut: ({ ack }) => ack(),
    view: ({ ack }) => ack(),
  };
  let isHeld = false;
  const app = new App({
    ...{ receiver, ignoreSelf: false, logger: silent },
    clientOptions: { slackApiUrl: twin.url, retryConfig: { retries: 0 } },
    // Bolt acknowledges an event as soon as it knows for whom it is.
    authorize: () => (isHeld ? new Promise(() => {}) : Promise.resolve({ botToken: twin.botToken() })),
  });
  app.use(async ({ body, context: { retryNum, retryReason }, next }) => {
    const event = body as unknown as EventBody;
    if (event.type === 'event_callback') heard.push({ body: event, type: event.event.type, retryNum, retryReason });
    await next();
  });
  app.command(/./, async (args) => void (await answers.command(args)));
  app.action(/./, async (args) => void (await answers.action(args)));
  app.shortcut(/./, async (args) => void (await answers.shortcut(args)));
  app.view(/./, async (args) => void (await answers.view(args)));
  app.view({ callback_id: /./, type: 'view_closed' }, ({ ack }) => ack());
  const hold = (held: boolean) => {
    isHeld = held;
  };
  return { app, plain: { heard, answers, hold } };
}
