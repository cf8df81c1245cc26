import type { Installation, InstallationQuery, InstallationStore } from '@slack/oauth';
import type { Queryable } from '../../../db/database.ts';
import {
  readInstallation,
  removeInstallation,
  renewInstallation,
  type StoredInstallation,
  saveInstallation,
} from '../../../db/installations.ts';
import { NotInstalled } from '../failures.ts';
import type { Cipher } from './encryption.ts';

/** The installations as Slack's OAuth library wants to have them kept. */

/** Throws NotInstalled where there is nothing to fetch. */
export function installationStore(db: Queryable, cipher: Cipher): InstallationStore {
  return {
    storeInstallation: async (installation) => saveInstallation(db, toRow(installation, cipher)),
    async fetchInstallation(query) {
      for (const workspace of workspacesOf(query)) {
        const row = await readInstallation(db, workspace);
        if (row) return installationOf(row, cipher);
      }
      throw new NotInstalled(workspacesOf(query)[0] ?? 'an unknown workspace');
    },
    async deleteInstallation(query) {
      const [workspace] = workspacesOf(query);
      if (workspace) await removeInstallation(db, workspace);
    },
  };
}

/** For renewing tokens: what was read under a lock is renewed, and what is gone by then does not come back. */
export function renewingStore(db: Queryable, row: StoredInstallation, cipher: Cipher): InstallationStore {
  return {
    fetchInstallation: async () => installationOf(row, cipher),
    storeInstallation: async (installation) => renewInstallation(db, toRow(installation, cipher)),
  };
}

/** The core's word: a team's id, or an enterprise's where all of its teams have the app. */
export function workspaceOf({ isEnterpriseInstall, enterprise, team }: Installation): string {
  const workspace = isEnterpriseInstall ? enterprise?.id : team?.id;
  if (!workspace) throw new Error('an installation that names neither its team nor its enterprise');
  return workspace;
}

/** How Slack's library asks for one. */
export function queryFor(workspace: string): InstallationQuery<boolean> {
  return workspace.startsWith('E')
    ? { teamId: undefined, enterpriseId: workspace, isEnterpriseInstall: true }
    : { teamId: workspace, enterpriseId: undefined, isEnterpriseInstall: false };
}

/** Where to look, in order: a team's own installation goes before that of its enterprise. */
function workspacesOf({ isEnterpriseInstall, enterpriseId, teamId }: InstallationQuery<boolean>): string[] {
  const ids = isEnterpriseInstall ? [enterpriseId] : [teamId, enterpriseId];
  return ids.filter((id) => typeof id === 'string');
}

function toRow(installation: Installation, cipher: Cipher): StoredInstallation {
  const workspace = workspaceOf(installation);
  const { bot, appId, team, enterprise } = installation;
  if (!bot || !appId) throw new Error('an installation without a bot');
  return {
    workspace,
    enterprise: enterprise?.id ?? null,
    name: (installation.isEnterpriseInstall ? enterprise?.name : team?.name) ?? '',
    bot_user_id: bot.userId,
    bot_id: bot.id,
    app_id: appId,
    scopes: bot.scopes,
    token_expires_at: bot.expiresAt === undefined ? null : new Date(bot.expiresAt * 1000),
    installation: cipher.encrypt(workspace, JSON.stringify(installation)),
  };
}

/** All that Slack gave. */
export function installationOf({ workspace, installation }: StoredInstallation, cipher: Cipher): Installation {
  return JSON.parse(cipher.decrypt(workspace, installation));
}
