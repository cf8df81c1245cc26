import type { SlackConfig } from '../../../config/slack.ts';
import type { Database } from '../../../db/database.ts';
import type { Logger } from '../../../log.ts';
import type { Clients, People } from '../bot.ts';
import { openPeople } from '../lessons/people.ts';
import { openClients } from './clients.ts';
import type { Identity } from './identity.ts';
import { openTokens, type Tokens, tokensOfOne } from './tokens.ts';

/** What a process may do in Slack, and whom it knows there. */
export interface Access {
  tokens: Tokens;
  clients: Clients;
  people: People;
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
  return { tokens, clients, people: openPeople(clients, { log, now }) };
}

function tokensFor(db: Database, { config, only, log, now }: AccessOptions): Tokens {
  const { oauth, apiUrl } = config;
  if (only) return tokensOfOne(only);
  if (oauth) return openTokens({ db, oauth, apiUrl, log, now });
  throw new Error('Slack is configured with neither a token nor OAuth');
}
