import { expect, onTestFinished, test } from 'vitest';
import { openTold } from '../../chaos/slack-told.ts';
import { until } from '../support/classroom.ts';
import { socketApp } from '../twins/slack/bolt.ts';
import { type SlackTwin, startSlackTwin } from '../twins/slack/twin.ts';

/** What the audit takes for accepted is what an app on the twin of Slack has acknowledged, and nothing else. */

async function openSchool(delivery: { ackMs?: number; retryDelaysMs: readonly number[] }) {
  const twin = await startSlackTwin({ delivery: { socketMode: true, ...delivery } });
  onTestFinished(() => twin.close());
  const team = twin.addTeam({ name: 'School' });
  const app = await socketApp(twin);
  onTestFinished(() => app.stop());
  const channel = team.addChannel({ name: 'maths', botIsMember: true });
  const ada = team.addMember({ name: 'Ada' });
  channel.invite(ada);
  return { twin, app, channel, ada };
}

const isTold = (twin: SlackTwin, times: number) => () =>
  twin.delivery.deliveries.filter(({ type }) => type === 'message').length >= times;

test('a message is taken when its event was acknowledged at last, and its retries are counted', async () => {
  const { twin, app, channel, ada } = await openSchool({ ackMs: 200, retryDelaysMs: Array(10).fill(0) });
  const told = openTold(twin);
  let isTaken = false;
  app.hold(true);
  const said = ada.says(channel, 'Why?');
  const taking = told.taken({ event: 'message', ...said }).then((eventId) => {
    isTaken = true;
    return eventId;
  });
  await until(isTold(twin, 5));
  expect(isTaken).toBe(false);
  app.hold(false);
  const eventId = await taking;
  expect(twin.delivery.deliveries.find((each) => each.eventId === eventId)?.body.event).toMatchObject({ ts: said.ts });
  expect(told.retries()).toEqual({ some: 1, beyond: 1 });
});

test('a call in a channel is taken by the event of its own, not by the message that it is too', async () => {
  const { twin, channel, ada } = await openSchool({ retryDelaysMs: [] });
  const told = openTold(twin);
  const said = ada.says(channel, '<@BOT> Why?');
  const [call, message] = [
    await told.taken({ event: 'app_mention', ...said }),
    await told.taken({ event: 'message', ...said }),
  ];
  expect(call).not.toBe(message);
  expect(told.retries()).toEqual({ some: 0, beyond: 0 });
});
