import { expect, test } from 'vitest';
import { useDatabase } from '../../support/database.ts';
import { answerTo, openDiscordServer } from '../../support/discord-lesson.ts';
import type { Fault } from '../../twins/faults.ts';

const database = useDatabase();

test.for<[string, Fault]>([
  ['breaks the connection', 'reset'],
  ['fails', { status: 500 }],
])('a command goes on where Discord takes its acknowledgement, and then %s', async ([, fault]) => {
  const { twin, channel, ada } = await openDiscordServer(database.url);
  twin.faults.loseNext((_, path) => path.endsWith('/callback'), 1, fault);
  const used = ada.runs(channel, 'tutor start', { topic: 'fractions' });
  expect(await answerTo(used)).toBe(`Your lesson is here: <#${twin.threads(channel.id)[0]?.id}>`);
});

test('a command that cannot be acknowledged at once is acknowledged over another connection', async () => {
  const { twin, channel, ada } = await openDiscordServer(database.url, { twin: { acknowledgeMs: 3_000 } });
  twin.faults.failNext((_, path) => path.endsWith('/callback'), 2, 'reset');
  expect(await ada.runs(channel, 'tutor start', { topic: 'fractions' }).acknowledged).toMatchObject({ late: false });
});
