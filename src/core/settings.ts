import { z } from 'zod';
import type { Database } from '../db/database.ts';
import { mergeSettings, readStoredSettings } from '../db/workspaces.ts';
import type { Platform } from './messages.ts';
import { cleanInput } from './text.ts';

/** What the admins of a workspace decide for everybody in it. */
export interface WorkspaceSettings {
  /** Where lessons may be started; empty: everywhere. */
  channels: string[];
  /** The roles that may start lessons; empty: everybody. */
  starters: string[];
  /** How lessons are taught where the learner has not said otherwise. */
  language: string | null;
  character: string | null;
  /** No answer is ever shown and no complete solution given. */
  homeworkGuard: boolean;
  /** US dollars; null: only the configured limit counts. */
  monthlyBudget: number | null;
  /** The channel in which admins are told of their subscription; null: wherever the platform has a place for them. */
  notices: string | null;
}

const ids = z.array(z.string().max(100)).max(200);
const words = (most: number) => z.string().transform(cleanInput).pipe(z.string().min(1).max(most)).nullable();

const FIELDS = {
  channels: ids,
  starters: ids,
  language: words(40),
  character: words(200),
  homeworkGuard: z.boolean(),
  monthlyBudget: z.number().min(0).nullable(),
  notices: z.string().min(1).max(100).nullable(),
};

const changeSchema = z.object(FIELDS).partial();

const storedSchema: z.ZodType<WorkspaceSettings> = z.object({
  channels: FIELDS.channels.catch([]),
  starters: FIELDS.starters.catch([]),
  language: FIELDS.language.catch(null),
  character: FIELDS.character.catch(null),
  homeworkGuard: FIELDS.homeworkGuard.catch(false),
  monthlyBudget: FIELDS.monthlyBudget.catch(null),
  notices: FIELDS.notices.catch(null),
});

/** Settings as they were stored, by whatever version: what is missing or unreadable has its default. */
export function settingsOf(stored: unknown): WorkspaceSettings {
  return storedSchema.parse(stored ?? {});
}

/** The defaults for a workspace that nobody has set up. */
export async function readSettings(
  db: Database,
  platform: Platform,
  workspaceExternalId: string,
): Promise<WorkspaceSettings> {
  return settingsOf(await readStoredSettings(db, platform, workspaceExternalId));
}

/**
 * Changes the fields that are given, and makes the workspace if nobody has written in it yet. Safe beside other
 * changes: the last one to a field counts. Returns the settings as they are now. Throws a ZodError, and changes
 * nothing, when a value is out of bounds: whoever lets people choose has to know them.
 */
export async function changeSettings(
  db: Database,
  platform: Platform,
  workspace: { id: string; name: string },
  change: Partial<WorkspaceSettings>,
): Promise<WorkspaceSettings> {
  return settingsOf(await mergeSettings(db, platform, workspace, changeSchema.parse(change)));
}
