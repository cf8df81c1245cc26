import { PermissionFlagsBits } from 'discord-api-types/v10';
import { onTestFinished } from 'vitest';
import type { Plan, Plans } from '../../src/core/billing/plans.ts';
import { UNLIMITED } from '../../src/core/billing/plans.ts';
import { nudgeBilling } from '../../src/core/billing/settling.ts';
import type { Payments } from '../../src/core/billing/sources.ts';
import { openDatabase } from '../../src/db/database.ts';
import { upsertWorkspace } from '../../src/db/lessons.ts';
import { makeRounds } from '../../src/jobs/billing-rounds.ts';
import type { Person } from '../twins/discord/people.ts';
import { MEMBER_PERMISSIONS } from '../twins/discord/permissions.ts';
import type { GuildHandle } from '../twins/discord/twin.ts';
import { until } from './classroom.ts';
import type { SchoolOptions } from './discord.ts';
import { type DiscordServer, openDiscordServer } from './discord-lesson.ts';

/** Servers that pay, on twins of Discord and Stripe. */

export const ADMIN = MEMBER_PERMISSIONS | PermissionFlagsBits.ManageGuild;
export const DAY = 86_400_000;
export const PREMIUM_SKU = '1088510058284990801';
export const VOICE_SKU = '1088510058284990802';

const plan = (id: string, title: string, lessons: number, sku: string | null): Plan => ({
  ...{ id, title, limits: { ...UNLIMITED, lessonsPerMonth: lessons, lessonsAtOnce: 50, voiceMinutesPerMonth: 0 } },
  ...(sku && {
    stripe: { lookupKeys: [`threadtutor_${id}`], prices: [], trialDays: 0 },
    discord: { skus: [sku] },
  }),
});

export const PLANS: Plans = {
  graceDays: 7,
  plans: [
    plan('free', 'Free', 1, null),
    plan('premium', 'Premium', 10, PREMIUM_SKU),
    plan('voice', 'Voice', 20, VOICE_SKU),
  ],
};

export interface PayingServer extends DiscordServer {
  /** Manages the server. */
  mia: Person;
  /** The id of the plan that a server has. */
  planOf(guild?: GuildHandle): Promise<string | undefined>;
  has(plan: string, guild?: GuildHandle): Promise<void>;
  /** Until everything is told that is to be told. */
  told(): Promise<void>;
  /** What is compared every hour, now. */
  compare(): Promise<void>;
}

/** Those of the test before: the process is to begin with one of its own. */
async function forgetRounds(databaseUrl: string): Promise<void> {
  const { db, close } = openDatabase(databaseUrl, () => {}, { maxConnections: 1 });
  await db.deleteFrom('rounds').execute();
  await close();
}

export async function openPayingServer(
  databaseUrl: string,
  { payments = null, plans = PLANS, ...more }: SchoolOptions & { payments?: Payments | null; plans?: Plans } = {},
): Promise<PayingServer> {
  const server = await openDiscordServer(databaseUrl, {
    ...more,
    billing: (twin) => ({ plans, payments, now: () => new Date(twin.now()) }),
    async prepare(twin) {
      await forgetRounds(databaseUrl);
      twin.premium.sku({ name: 'Premium', id: PREMIUM_SKU });
      twin.premium.sku({ name: 'Voice', id: VOICE_SKU });
      await more.prepare?.(twin);
    },
  });
  const { runtime, guild: school } = server;
  const { db, billing, entitlements } = runtime;
  if (!billing || !entitlements) throw new Error('nothing is sold');
  const planOf = async (guild = school) => {
    const workspace = await db
      .selectFrom('workspaces')
      .select('name')
      .where('external_id', '=', guild.id)
      .executeTakeFirst();
    const id = await upsertWorkspace(db, 'discord', { id: guild.id, name: workspace?.name ?? 'School' });
    return (await entitlements.of(id)).plan?.id;
  };
  const told = async () => {
    await nudgeBilling(billing, 'told');
    await until(async () => {
      const owed = await db.selectFrom('billing_notices').select('id').where('status', '=', 'pending').execute();
      return owed.length === 0;
    });
  };
  // The next test has other servers.
  onTestFinished(told);
  const mia = school.addMember({ name: 'Mia', permissions: ADMIN });
  school.transferTo(mia);
  return {
    ...server,
    ...{ mia, planOf, told },
    has: (wanted, guild) => until(async () => (await planOf(guild)) === wanted),
    async compare() {
      // Not while the first round, which begins with the process, could take it instead.
      await until(async () => (await db.selectFrom('rounds').select('name').execute()).length === 2);
      await db.deleteFrom('rounds').execute();
      await makeRounds({ ...billing, intervalMs: 0 });
    },
  };
}
