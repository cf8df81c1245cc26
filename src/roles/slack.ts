import type { Role } from '../arguments.ts';
import type { Access } from '../bots/slack/connection/access.ts';
import type { Identity } from '../bots/slack/connection/identity.ts';
import type { OpenedBot } from '../bots/slack/connection/open-bot.ts';
import type { SlackConfig } from '../config/slack.ts';
import type { Database } from '../db/database.ts';
import { lessonOfThread } from '../db/threads.ts';
import type { Routes } from '../http/server.ts';
import type { Runtime } from '../runtime.ts';
import type { Chat } from './chats.ts';
import { introduced } from './introduced.ts';
import type { Base, StartRow } from './parts.ts';

/** Slack, as a role serves it. What hears of Slack is loaded only where something is heard. */

export async function slackChat(base: Base, config: SlackConfig, role: Role): Promise<Chat> {
  const { log, stopping } = base;
  const [{ identify }, { openAccess }, { slackSurface }, { openWords }] = await Promise.all([
    import('../bots/slack/connection/identity.ts'),
    import('../bots/slack/connection/access.ts'),
    import('../bots/slack/replies/outbound.ts'),
    import('../bots/words.ts'),
  ]);
  const words = openWords();
  const canSpeak = base.config.speech.engine !== 'off';
  const identity = config.botToken ? await introduced(identify(config.botToken, config, log, stopping.signal)) : null;
  const only = identity && (() => identity.known());
  const accessBy = once((db: Database) => openAccess(db, { config, only, log, now: Date.now }));
  const isSocket = config.appToken !== null && (role === 'bot' || role === 'all');
  const isWeb = role === 'web' || role === 'all';
  const surface: Chat['surface'] = (db) => {
    const access = accessBy(db);
    return slackSurface({ ...access, recipientOf: recipients(db, access), words, log, canSpeak });
  };
  const rows = slackRows(config, identity && (identity.known() ?? 'away'));
  if (!isSocket && !isWeb) return { rows, surface, routes: null, connect: null };
  const { openBot } = await import('../bots/slack/connection/open-bot.ts');
  const botOf = once((runtime: Runtime) => {
    const more = { only, words, curriculum: runtime.curriculum, canSpeak, now: Date.now };
    return openBot(runtime, { ...accessBy(runtime.db), ...more });
  });
  return {
    ...{ rows, surface },
    routes: isWeb ? await routesFor(base, config, botOf) : null,
    connect: isSocket || config.signingSecret ? (runtime, onFatal) => connect(botOf(runtime), onFatal) : null,
  };

  async function connect(opened: OpenedBot, onFatal: Parameters<NonNullable<Chat['connect']>>[1]) {
    const { connectSlack } = await import('../bots/slack/connection/connect.ts');
    await identity?.asked;
    const socket = isSocket && config.appToken ? { appToken: config.appToken, apiUrl: config.apiUrl } : null;
    const connection = await connectSlack(opened, { socket, onFatal, stopping: stopping.signal });
    return {
      check: connection.check,
      async close(deadlineMs: number) {
        await opened.settle(deadlineMs);
        await connection.close(deadlineMs);
      },
    };
  }
}

/** Who a reply is for: Slack wants to know it of what is written before their eyes. */
function recipients(db: Database, { people }: Access) {
  return async (threadId: string) => {
    const lesson = await lessonOfThread(db, 'slack', threadId);
    if (!lesson) return null;
    const { workspace, learner, locale } = lesson;
    return { workspace, learner, locale, team: (await people.of(workspace, learner)).team };
  };
}

/** Where Slack posts what happens, and where people install the app. */
async function routesFor(
  { log }: Base,
  config: SlackConfig,
  botOf: (runtime: Runtime) => OpenedBot,
): Promise<NonNullable<Chat['routes']>> {
  const { signingSecret, oauth, apiUrl } = config;
  const [{ eventRoutes }, { installRoutes }, { openCipher }, { installationStore, workspaceOf }, { SCOPES }] =
    await Promise.all([
      import('../bots/slack/connection/http.ts'),
      import('../bots/slack/connection/install-routes.ts'),
      import('../bots/slack/connection/encryption.ts'),
      import('../bots/slack/connection/installations.ts'),
      import('../bots/slack/connection/uses.ts'),
    ]);
  return (runtime) => {
    const { take, tokens } = botOf(runtime);
    const routes: Routes[] = signingSecret ? [['/', eventRoutes(take, signingSecret, log)]] : [];
    if (!oauth) return routes;
    const store = installationStore(runtime.db, openCipher(oauth.encryptionKeys));
    const onInstalled = (installation: Parameters<typeof workspaceOf>[0]) => tokens.forget(workspaceOf(installation));
    const install = installRoutes({ oauth, apiUrl, log, store, scopes: Object.keys(SCOPES), onInstalled });
    return [...routes, ['/', install]];
  };
}

function slackRows({ appToken, signingSecret, oauth }: SlackConfig, identity: Identity | 'away' | null): StartRow[] {
  if (identity === 'away') return [{ part: 'Slack', now: 'does not answer yet; it is asked until it does' }];
  const ways = [appToken && 'Socket Mode', signingSecret && 'HTTP at /slack/events'].filter(Boolean).join(', ');
  const who = identity ? `${identity.botName} in ${identity.access.name}` : 'for every workspace that installs it';
  const more = oauth ? [{ part: '', now: `to add it to a workspace: ${oauth.publicUrl}/slack/install` }] : [];
  return [{ part: 'Slack', now: `${who}, by ${ways}` }, ...more];
}

/** The same for the same argument. */
function once<Argument extends object, Result>(make: (argument: Argument) => Result): (argument: Argument) => Result {
  const made = new WeakMap<Argument, Result>();
  return (argument) => {
    const known = made.get(argument);
    if (known) return known;
    const result = make(argument);
    made.set(argument, result);
    return result;
  };
}
