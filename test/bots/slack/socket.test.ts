import type { ReceiverEvent } from '@slack/bolt';
import { expect, onTestFinished, test } from 'vitest';
import { openSocket, type SocketOptions } from '../../../src/bots/slack/connection/socket.ts';
import { SetupError } from '../../../src/errors.ts';
import { silentLog, until } from '../../support/classroom.ts';
import { heardAll } from '../../support/slack-lesson.ts';
import { PATIENT_MS } from '../../twins/slack/delivery.ts';
import { startSlackTwin } from '../../twins/slack/twin.ts';

/** The connection of Socket Mode alone: what comes on it is kept here. */

async function open(more: Partial<SocketOptions> = {}) {
  const twin = await startSlackTwin({ delivery: { ackMs: PATIENT_MS } });
  onTestFinished(() => twin.close());
  const school = twin.addTeam({ name: 'School' });
  const ada = school.addMember({ name: 'Ada' });
  const channel = school.addChannel({ name: 'maths', botIsMember: true });
  channel.invite(ada);
  const heard: string[] = [];
  const fatal: SetupError[] = [];
  const stopping = new AbortController();
  let opened = 0;
  const options: SocketOptions = {
    ...{ appToken: twin.appToken, apiUrl: twin.url, log: silentLog, stopping: stopping.signal },
    onFatal: (error) => void fatal.push(error),
    onOpen: () => {
      opened += 1;
    },
    async take({ body, ack }: ReceiverEvent) {
      heard.push(body.event.text);
      await ack();
    },
    ...more,
  };
  return { twin, ada, channel, heard, fatal, stopping, options, opened: () => opened };
}

async function connect(options: SocketOptions) {
  const socket = await openSocket(options);
  onTestFinished(() => socket.close(2_000));
  return socket;
}

test('what happens is told, and acknowledged by whoever took it in', async () => {
  const { twin, ada, channel, heard, options } = await open();
  const socket = await connect(options);
  expect(socket.isConnected()).toBe(true);
  ada.says(channel, 'hello');
  await until(() => heard.includes('hello'));
  await heardAll(twin);
  await socket.close(2_000);
  expect(socket.isConnected()).toBe(false);
  await until(() => twin.delivery.sockets.connections().length === 0);
});

test.each(['refresh_requested', 'warning'] as const)('another connection is there after "%s"', async (reason) => {
  const { twin, ada, channel, heard, options, opened } = await open();
  const socket = await connect(options);
  twin.delivery.sockets.disconnect({ reason });
  await until(() => opened() === 2 && socket.isConnected());
  ada.says(channel, 'after');
  await until(() => heard.includes('after'));
});

test('what was said while the connection was broken is told again', async () => {
  const { twin, ada, channel, heard, options, opened } = await open();
  await connect(options);
  twin.delivery.sockets.drop();
  ada.says(channel, 'meanwhile');
  await until(() => opened() === 2);
  await until(async () => {
    await twin.delivery.retryNow();
    return heard.includes('meanwhile');
  });
  expect(twin.delivery.undelivered).toEqual([]);
});

test('a Slack that is away, at the start and later, is waited for', async () => {
  const { twin, options, opened, fatal } = await open();
  twin.delivery.sockets.refuse(true);
  const opening = connect(options);
  await until(() => twin.requests.filter(({ method }) => method === 'apps.connections.open').length > 0);
  twin.delivery.sockets.refuse(false);
  const socket = await opening;
  twin.faults.failNext((method) => method === 'apps.connections.open', 1, { status: 503 });
  twin.delivery.sockets.drop();
  await until(() => opened() === 2 && socket.isConnected());
  expect(fatal).toEqual([]);
});

test('what cannot be put right by waiting is said in a sentence', async () => {
  const { twin, options, fatal } = await open();
  await expect(openSocket({ ...options, appToken: 'xapp-1-wrong' })).rejects.toThrow('SLACK_APP_TOKEN is not accepted');
  await connect(options);
  twin.faults.failNext((method) => method === 'apps.connections.open', 1, {
    status: 200,
    body: { ok: false, error: 'invalid_auth' },
  });
  twin.delivery.sockets.drop();
  await until(() => fatal.length > 0);
  expect(fatal[0]).toBeInstanceOf(SetupError);
});

test('it does not wait when it is told to stop', async () => {
  const { twin, options, stopping } = await open();
  twin.delivery.sockets.refuse(true);
  const opening = openSocket(options);
  await until(() => twin.requests.some(({ method }) => method === 'apps.connections.open'));
  stopping.abort();
  await expect(opening).rejects.toThrow('aborted');
});

test('what could not be taken in stays unacknowledged, and comes again', async () => {
  const heard: string[] = [];
  const { twin, ada, channel, options } = await open({
    async take({ body, ack }) {
      heard.push(body.event.text);
      if (heard.length === 1) throw new Error('the database is away');
      await ack();
    },
  });
  await connect(options);
  twin.delivery.patience(300);
  ada.says(channel, 'hello');
  // What comes again has time.
  twin.delivery.patience(PATIENT_MS);
  await until(async () => {
    await twin.delivery.retryNow();
    return heard.length === 2;
  });
  expect(heard).toEqual(['hello', 'hello']);
});
