import { UserError } from '../../../errors.ts';
import type { Visit } from './visit.ts';

/** As Slack says it now: what was opened by an admin stays open for whoever is none any more. */
export async function requireAdmin({ bot, installation, person, words }: Visit): Promise<void> {
  const { mayManage } = await bot.people.freshly(installation.id, person.id);
  if (!mayManage) throw new UserError('not_admin', words('forms.notAdmin'));
}
