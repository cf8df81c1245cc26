import { setTimeout as delay } from 'node:timers/promises';
import type { Dice } from './dice.ts';
import type { FleetRole } from './fleet.ts';
import type { ModelFault } from './model.ts';
import type { ChatFault } from './platform.ts';
import { rolesFor, type Setting, type Stage } from './stage.ts';

/** Everything that can be made to go wrong. Resolves when the fault is over, or goes on by itself. */
type Act = (stage: Stage, dice: Dice) => Promise<void>;

/** Longer than a lesson's lease: when it wakes up, others have taken its lessons over. */
const FROZEN_MS = 10_000;
const STORM_MS = { from: 1_500, to: 4_000 };
const STORM_SHARE = 0.35;
const AWAY_MS = { from: 200, to: 1_500 };
const AWHILE_MS = { from: 2_000, to: 8_000 };

const EVERYWHERE = {
  'worker killed': ending('worker', 'SIGKILL'),
  'worker stopped in order': ending('worker', 'SIGTERM'),
  'worker frozen': async ({ fleet }) => whenSomebodyIsThere(() => fleet.freeze('worker', FROZEN_MS)),
  'postgres restarted': async ({ postgres }, dice) => {
    await postgres.stop();
    await delay(dice.between(AWAY_MS.from, AWAY_MS.to));
    await postgres.start();
  },
  'postgres crashed': async ({ postgres }, dice) => {
    await postgres.crash();
    await delay(dice.between(AWAY_MS.from, AWAY_MS.to));
    await postgres.start();
  },
  'chat slow': chatStorm('slow'),
  'chat answers 500': chatStorm('failing'),
  'chat answers 429': chatStorm('limited'),
  'chat drops requests': chatStorm('dropped'),
  'chat drops answers': chatStorm('answerless'),
  'chat hangs': chatStorm('hanging'),
  'model times out': modelStorm('stalled'),
  'model answers 429': modelStorm('limited'),
  'model sends broken JSON': modelStorm('garbled'),
  'model answers 500': modelStorm('failing'),
  'model stream cut': modelStorm('cut'),
} satisfies Record<string, Act>;

const WITH_WEB = {
  'web killed': ending('web', 'SIGKILL'),
  'web stopped in order': ending('web', 'SIGTERM'),
} satisfies Record<string, Act>;

const WITH_BOT = {
  'bot killed': ending('bot', 'SIGKILL'),
  'bot stopped in order': ending('bot', 'SIGTERM'),
} satisfies Record<string, Act>;

const WITH_DISCORD = {
  'gateway dropped': async ({ discord }) => discord?.gateway.drop(),
  'gateway session lost': async ({ discord }) => discord?.gateway.invalidate(false),
} satisfies Record<string, Act>;

const WITH_SLACK_SOCKET = {
  'bot frozen': async ({ fleet }) => whenSomebodyIsThere(() => fleet.freeze('bot', FROZEN_MS)),
  'sockets dropped': async ({ slack }) => slack?.twin.delivery.sockets.drop(),
  'sockets renewed': async ({ slack }) => slack?.twin.delivery.sockets.disconnect({ reason: 'refresh_requested' }),
  'sockets silent': async ({ slack }, dice) => forAWhile(dice, (is) => slack?.twin.delivery.sockets.silent(is)),
  'sockets refused': async ({ slack }, dice) => {
    await forAWhile(dice, (is) => slack?.twin.delivery.sockets.refuse(is));
    slack?.twin.delivery.sockets.drop();
  },
} satisfies Record<string, Act>;

const WITH_SLACK_HTTP = {
  'web frozen': async ({ fleet }) => whenSomebodyIsThere(() => fleet.freeze('web', FROZEN_MS)),
} satisfies Record<string, Act>;

const ON_REDIS = {
  'redis emptied': async ({ redis }) => redis?.flush(),
  'redis killed and empty': async ({ redis }, dice) => {
    await redis?.kill();
    await delay(dice.between(AWAY_MS.from, AWAY_MS.to));
    await redis?.restart();
  },
} satisfies Record<string, Act>;

const ON_SLACK = { ...WITH_SLACK_SOCKET, ...WITH_SLACK_HTTP };
const ACTS = { ...EVERYWHERE, ...WITH_WEB, ...WITH_BOT, ...WITH_DISCORD, ...ON_SLACK, ...ON_REDIS };

export type FaultKind = keyof typeof ACTS;

export function faultKinds(setting: Setting): FaultKind[] {
  const { backend, platforms, slackWay } = setting;
  const roles = rolesFor(setting);
  return Object.keys({
    ...EVERYWHERE,
    ...(roles.includes('web') && WITH_WEB),
    ...(roles.includes('bot') && WITH_BOT),
    ...(platforms.includes('discord') && WITH_DISCORD),
    ...(platforms.includes('slack') && (slackWay === 'socket' ? WITH_SLACK_SOCKET : WITH_SLACK_HTTP)),
    ...(backend === 'redis' && ON_REDIS),
  }) as FaultKind[];
}

export function injectFault(kind: FaultKind, stage: Stage, dice: Dice): Promise<void> {
  return ACTS[kind](stage, dice);
}

function ending(role: FleetRole, signal: 'SIGKILL' | 'SIGTERM'): Act {
  return ({ fleet }) => whenSomebodyIsThere(() => fleet.kill(role, signal));
}

/** All may be on their way back from the fault before. */
async function whenSomebodyIsThere(act: () => boolean): Promise<void> {
  for (let waited = 0; !act(); waited += 50) {
    if (waited > 30_000) throw new Error('the processes do not come back');
    await delay(50);
  }
}

/** Goes on by itself; longer than a client waits for the answer to its pings. */
async function forAWhile(dice: Dice, set: (isSo: boolean) => void): Promise<void> {
  set(true);
  setTimeout(() => set(false), dice.between(AWHILE_MS.from, AWHILE_MS.to)).unref();
}

function chatStorm(kind: ChatFault): Act {
  return async ({ storms }, dice) => storms.chat.begin(kind, dice.between(STORM_MS.from, STORM_MS.to), STORM_SHARE);
}

function modelStorm(kind: ModelFault): Act {
  return async ({ storms }, dice) => storms.model.begin(kind, dice.between(STORM_MS.from, STORM_MS.to), STORM_SHARE);
}
