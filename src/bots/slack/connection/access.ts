import type { SlackConfig } from '../../../config/slack.ts';
import type { Database } from '../../../db/database.ts';
import { readInstallation } from '../../../db/installations.ts';
import type { Logger } from '../../../log.ts';
import type { Clients, People } from '../bot.ts';
import { openPeople } from '../lessons/people.ts';
import { openClients } from './clients.ts';
import { openCipher } from './encryption.ts';
import type { Identity } from './identity.ts';
import { installationOf } from './installations.ts';
import { openTokens, type Tokens, tokensOfOne } from './tokens.ts';

/** What a process may do in Slack, and whom it knows there. */
export interface Access {
  tokens: Tokens;
  clients: Clients;
  people: People;
  /** Who installed the app there; null: not known. */
  installerOf(workspace: string): Promise<string | null>;
}

export interface AccessOptions {
  config: SlackConfig;
  /** The only installation, once Slack has told which; null: they are in the database. */
  only: (() => Identity | null) | null;
  log: Logger;
  now(): number;
}

export function openAccess(db: Database, { config, only, log, now }: AccessOptions): Access {
  const tokens = tokensFor(db, { config, only, log, now });
  const clients = openClients(config, tokens, log);
  return { tokens, clients, people: openPeople(clients, { log, now }), installerOf: installersOf(db, config) };
}

function tokensFor(db: Database, { config, only, log, now }: AccessOptions): Tokens {
  const { oauth, apiUrl } = config;
  if (only) return tokensOfOne(only);
  if (oauth) return openTokens({ db, oauth, apiUrl, log, now });
  throw new Error('Slack is configured with neither a token nor OAuth');
}

function installersOf(db: Database, { oauth }: SlackConfig): Access['installerOf'] {
  if (!oauth) return async () => null;
  const cipher = openCipher(oauth.encryptionKeys);
  return async (workspace) => {
    const row = await readInstallation(db, workspace);
    return row && installationOf(row, cipher).user.id;
  };
}
