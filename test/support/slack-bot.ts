import { expect, onTestFinished } from 'vitest';
import { orderByKey } from '../../src/bots/in-order.ts';
import type { Bot, Installation } from '../../src/bots/slack/bot.ts';
import { openAccess } from '../../src/bots/slack/connection/access.ts';
import { askWho } from '../../src/bots/slack/connection/identity.ts';
import { openWords } from '../../src/bots/words.ts';
import type { Database } from '../../src/db/database.ts';
import { SILENT } from '../../src/telemetry/silent.ts';
import { plainClient } from '../twins/slack/client.ts';
import type { Person } from '../twins/slack/people.ts';
import type { ChannelHandle, TeamHandle } from '../twins/slack/teams.ts';
import { type SlackTwin, type SlackTwinOptions, startSlackTwin } from '../twins/slack/twin.ts';
import { silentLog } from './classroom.ts';

export interface BotAlone {
  twin: SlackTwin;
  team: TeamHandle;
  channel: ChannelHandle;
  ada: Person;
  bot: Bot;
  installation: Installation;
}

export interface BotAloneOptions {
  twin?: SlackTwinOptions;
  bot?: Partial<Bot>;
}

/** What takes in, without anybody who answers, in a workspace with one channel and one person, until the test is finished. */
export async function openBotAlone(db: Database, options: BotAloneOptions = {}): Promise<BotAlone> {
  const twin = await startSlackTwin(options.twin);
  onTestFinished(() => twin.close());
  onTestFinished(() => expect(twin.violations).toEqual([]));
  const team = twin.addTeam({ name: 'School' });
  const channel = team.addChannel({ name: 'maths' });
  const ada = team.addMember({ name: 'Ada' });
  channel.invite(ada);
  const { access, ...who } = await askWho(plainClient(twin, team.botToken()), team.botToken());
  const { clients, people } = openAccess(db, {
    config: { ...NO_CONFIG, botToken: team.botToken(), apiUrl: twin.url },
    ...{ only: () => ({ access, ...who }), log: silentLog, now: twin.now },
  });
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const bot: Bot = {
    ...{ db, platform: 'slack', telemetry: SILENT, log: silentLog, limits: null, nudger: { nudge: async () => {} } },
    ...{
      clients,
      people,
      words: openWords(),
      curriculum: { packs: [] },
      canSpeak: false,
      told: new Set(),
      inOrder: orderByKey(),
    },
    ...{ stopping: stopping.signal, now: twin.now, goesOn() {} },
    ...options.bot,
  };
  return { twin, team, channel, ada, bot, installation: installationOf(team) };
}

const NO_CONFIG = { oauth: null, appToken: null, signingSecret: null };

export function installationOf(team: TeamHandle): Installation {
  return { id: team.id, name: team.name, botUserId: team.botUserId() };
}
