import { expect, test } from 'vitest';
import { faultKinds } from '../../chaos/faults.ts';
import { rolesFor } from '../../chaos/stage.ts';

test.each([
  [['webhook'], 'socket', ['web', 'worker']],
  [['discord'], 'http', ['bot', 'worker']],
  [['slack'], 'socket', ['bot', 'worker']],
  [['slack'], 'http', ['web', 'worker']],
  [['webhook', 'discord', 'slack'], 'socket', ['web', 'bot', 'worker']],
] as const)('%s, with Slack by %s, needs %s', (platforms, slackWay, roles) => {
  expect(rolesFor({ platforms, slackWay })).toEqual(roles);
});

test('nothing is done to what is not there', () => {
  const kindsOn = (slackWay: 'socket' | 'http') => faultKinds({ backend: 'postgres', platforms: ['slack'], slackWay });
  const ofSocket = ['bot killed', 'bot frozen', 'sockets dropped', 'sockets refused'];
  const ofHttp = ['web killed', 'web frozen'];
  expect(kindsOn('socket')).toEqual(expect.arrayContaining(ofSocket));
  expect(kindsOn('http')).toEqual(expect.arrayContaining(ofHttp));
  expect(kindsOn('socket').filter((kind) => ofHttp.includes(kind))).toEqual([]);
  expect(kindsOn('http').filter((kind) => ofSocket.includes(kind) || kind.startsWith('gateway'))).toEqual([]);
});
