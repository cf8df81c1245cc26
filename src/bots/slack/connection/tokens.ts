import type { SlackOAuthConfig } from '../../../config/slack.ts';
import type { Database } from '../../../db/database.ts';
import { allowPause, lockInstallation, readInstallation, type StoredInstallation } from '../../../db/installations.ts';
import { type Cipher, openCipher } from './encryption.ts';
import { installationOf, queryFor, renewingStore } from './installations.ts';
import { openProvider, type ProviderOptions } from './provider.ts';

/** With what the app may act in a workspace, and as whom. */

export interface Access {
  token: string;
  /** Of the workspace. */
  name: string;
  botUserId: string;
  botId: string;
}

export interface Tokens {
  /** Null: the app is not installed there, or not any more. */
  of(workspace: string): Promise<Access | null>;
  /** After Slack refused the token, or the app was installed anew: the next look is a fresh one. */
  forget(workspace: string): void;
}

export interface TokensOptions extends ProviderOptions {
  db: Database;
  oauth: Pick<SlackOAuthConfig, 'clientId' | 'clientSecret' | 'encryptionKeys'>;
  /** In milliseconds. */
  now?: () => number;
}

/** How long a change by another process may go unnoticed. */
const CACHE_MS = 2 * 60_000;
/** Not used any more so shortly before it expires: a call on its way has to arrive in time. */
const MARGIN_MS = 60_000;
/** Slack's library renews a token two hours before it expires; a minute more, so that it never does without the lock. */
const RENEW_MS = 2 * 3_600_000 + 60_000;
/** Longer than a call may take: with a transaction that ended in the middle of it, the new tokens would be lost. */
const PAUSE_MS = 15_000;
/** Each has a connection of the database for as long as Slack takes: an outage must not take all of them. */
const MAX_RENEWALS = 2;
const MAX_CACHED = 2_000;

/** Of the one workspace whose token is in the configuration, once Slack has told which that is. */
export function tokensOfOne(only: () => { workspace: string; access: Access } | null): Tokens {
  return {
    async of(workspace) {
      const known = only();
      if (!known) throw new Error('Slack has not answered yet');
      return workspace === known.workspace ? known.access : null;
    },
    forget() {},
  };
}

interface Found {
  access: Access;
  /** In milliseconds; Infinity: never. */
  expiresAt: number;
}

/** Of all workspaces in the database. A token that is about to expire is renewed, by one process of all. */
export function openTokens(options: TokensOptions): Tokens {
  const { now = Date.now } = options;
  const finder = tokenFinder(options, now);
  const cache = new Map<string, { access: Promise<Access | null>; until: number }>();

  async function look(workspace: string, keepUntil: (time: number) => void): Promise<Access | null> {
    try {
      const found = await finder(workspace);
      keepUntil(found ? Math.min(now() + CACHE_MS, found.expiresAt - MARGIN_MS) : 0);
      return found?.access ?? null;
    } catch (error) {
      keepUntil(0);
      throw error;
    }
  }

  return {
    of(workspace) {
      const known = cache.get(workspace);
      if (known && now() < known.until) return known.access;
      // While it is being looked for, whoever asks waits for the same answer.
      const entry = {
        until: Number.POSITIVE_INFINITY,
        access: look(workspace, (time) => {
          entry.until = time;
        }),
      };
      cache.delete(workspace);
      cache.set(workspace, entry);
      const [oldest] = cache.keys();
      if (cache.size > MAX_CACHED && oldest) cache.delete(oldest);
      return entry.access;
    },
    forget: (workspace) => {
      cache.delete(workspace);
    },
  };
}

function tokenFinder(options: TokensOptions, now: () => number): (workspace: string) => Promise<Found | null> {
  const cipher = openCipher(options.oauth.encryptionKeys);
  const renewals = openTurnstile(MAX_RENEWALS);
  const timeLeft = (row: StoredInstallation) => (row.token_expires_at?.getTime() ?? Number.POSITIVE_INFINITY) - now();

  return async (workspace) => {
    const row = await readInstallation(options.db, workspace);
    if (!row || timeLeft(row) > RENEW_MS) return row && foundIn(row, cipher);
    // Who can still use the old token waits for nobody who gets a new one, here or in another process.
    const isAwaited = timeLeft(row) <= MARGIN_MS;
    if (!isAwaited && renewals.isFull()) return foundIn(row, cipher);
    const renewed = await renewals.through(() => renew(options, cipher, workspace, isAwaited));
    if (!renewed) return isAwaited ? null : foundIn(row, cipher);
    if (renewed.expiresAt - now() > MARGIN_MS) return renewed;
    throw new Error(`the token of ${workspace} has expired, and Slack gave no new one`);
  };
}

/** Null: it is removed by now or, unless that is waited for, in somebody else's hands. */
function renew(options: TokensOptions, cipher: Cipher, workspace: string, isAwaited: boolean): Promise<Found | null> {
  return options.db.transaction().execute(async (trx) => {
    await allowPause(trx, PAUSE_MS);
    const row = await lockInstallation(trx, workspace, { isAwaited });
    if (!row) return null;
    // It looks again at what is stored by now: another process may have been first.
    const provider = openProvider(options, renewingStore(trx, row, cipher), { errorsAt: 'warn' });
    const { botToken, botTokenExpiresAt } = await provider.authorize(queryFor(workspace));
    return found(row, botToken, botTokenExpiresAt);
  });
}

/** Lets so many through at a time, the others in order. */
function openTurnstile(places: number) {
  let free = places;
  const line: (() => void)[] = [];
  return {
    isFull: () => free === 0,
    async through<T>(work: () => Promise<T>): Promise<T> {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => line.push(resolve));
      try {
        return await work();
      } finally {
        const next = line.shift();
        if (next) next();
        else free += 1;
      }
    },
  };
}

/** As it is stored, with no look at how long it is good for. */
function foundIn(row: StoredInstallation, cipher: Cipher): Found {
  const { bot } = installationOf(row, cipher);
  return found(row, bot?.token, bot?.expiresAt);
}

function found(row: StoredInstallation, token: string | undefined, expiresAt: number | undefined): Found {
  if (!token) throw new Error(`the installation in ${row.workspace} has no token`);
  const access = {
    ...{ token, name: row.name, botUserId: row.bot_user_id, botId: row.bot_id },
  };
  return { access, expiresAt: expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt * 1000 };
}
