import type { Context } from '@slack/bolt';
import type { Installation } from '../bot.ts';

/** For which installation something happened, as `authorize` in app.ts tells; null where the app is not installed. */
export function installationIn({ workspace, workspaceName: name, botUserId }: Context): Installation | null {
  return typeof workspace === 'string' && botUserId ? { id: workspace, name, botUserId } : null;
}
