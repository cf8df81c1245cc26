import type { BlockAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { billingStatus, type Client, moveHere, openPortal, type Page, subscribe } from '../../../core/billing/desk.ts';
import type { Billing } from '../../../core/billing/settling.ts';
import type { Asked, SourceFailure } from '../../../core/billing/sources.ts';
import { changeSettings, readSettings } from '../../../core/settings.ts';
import { errorMessage, UserError } from '../../../errors.ts';
import { movedWords, orRefuse } from '../../billing.ts';
import { both } from '../../in-time.ts';
import { checkNoticePlace } from '../lessons/places.ts';
import { OPEN_BILLING } from '../replies/notices.ts';
import { BILLING, type BillingContent, billingWindow, pageWindow, sentenceWindow } from './billing-view.ts';
import type { Action } from './presses.ts';
import { requireAdmin } from './rights.ts';
import type { Visit } from './visit.ts';

/** What a workspace has and pays: for its admins alone, who are looked at anew with each press. */

type Resident = Pick<Visit, 'bot' | 'installation' | 'person' | 'words'>;

/** Null: nothing is sold here. */
export async function billingContent(resident: Resident): Promise<BillingContent | null> {
  const { bot, installation, person, words } = resident;
  const { db, billing } = bot;
  if (!billing) return null;
  const [status, { notices }] = await Promise.all([
    billingStatus(billing, clientOf(resident)),
    readSettings(db, 'slack', installation.id),
  ]);
  return { status, notices, reading: { plans: billing.plans, now: billing.now(), words, locale: person.locale } };
}

function clientOf({ installation, person }: Pick<Visit, 'installation' | 'person'>): Client {
  const { id, name } = installation;
  return { platform: 'slack', workspace: { id, name }, person: person.id, locale: person.locale };
}

export async function openBilling(visit: Visit): Promise<void> {
  const { exchange, words } = visit;
  const [, content] = await visit.soon(Promise.all([requireAdmin(visit), billingContent(visit)]));
  if (content) await exchange.open(billingWindow(content));
  else await exchange.say(words('billing.everythingOn'));
}

/** `changed`: it is to be seen elsewhere, too. Null: it belongs to something else. */
export async function onBillingPress(
  visit: Visit,
  body: BlockAction,
  action: Action,
): Promise<'shown' | 'changed' | null> {
  const { action_id: id } = action;
  const value = valueIn(action);
  if (id.startsWith(BILLING.move)) return move(visit, body, value);
  if (id.startsWith(BILLING.subscribe)) return toPage(visit, body, (desk, client) => subscribe(desk, client, value));
  switch (id) {
    case OPEN_BILLING:
      await openBilling(visit);
      return 'shown';
    case BILLING.manage:
      return toPage(visit, body, openPortal);
    case BILLING.page:
      // A link, which Slack has opened by itself.
      await visit.exchange.ack();
      return 'shown';
    case BILLING.notices:
      return chooseChannel(visit, body, 'selected_conversation' in action ? action.selected_conversation : null);
    case BILLING.direct:
      return chooseChannel(visit, body, null);
    default:
      return null;
  }
}

function valueIn(action: Action): string {
  return 'value' in action ? (action.value ?? '') : '';
}

/** Throws UserError for whoever may not, and where nothing is sold any more. */
async function deskFor(visit: Visit): Promise<Billing> {
  const { bot, words } = visit;
  await visit.soon(requireAdmin(visit));
  if (!bot.billing) throw new UserError('no_billing', words('billing.everythingOn'));
  return bot.billing;
}

/** Stripe makes its pages when they are asked for, which may take longer than Slack waits for a window. */
async function toPage(
  visit: Visit,
  body: BlockAction,
  ask: (desk: Billing, client: Client) => Promise<Asked<Page>>,
): Promise<'shown'> {
  const { exchange, words } = visit;
  const desk = await deskFor(visit);
  const view = await showWindow(visit, body, sentenceWindow(words('home.moment'), words));
  if (view === null) return 'shown';
  try {
    await exchange.update(view, pageWindow(await answered(visit, ask(desk, clientOf(visit))), words));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    await exchange.update(view, sentenceWindow(error.message, words));
  }
  return 'shown';
}

/** In the window that was pressed in, or in a new one. Resolves with its id; null: somebody is at it already. */
async function showWindow({ exchange }: Visit, { view }: BlockAction, content: ModalView): Promise<string | null> {
  if (view?.type !== 'modal') return exchange.open(content);
  await exchange.update(view.id, content);
  return view.id;
}

/** Whoever waits for it reads something, whatever goes wrong. */
async function answered<Result>({ bot, installation, words }: Visit, asked: Promise<Asked<Result>>): Promise<Result> {
  const settled = await asked.catch(
    (error: unknown): SourceFailure => ({ ok: false, reason: 'away', detail: errorMessage(error) }),
  );
  return orRefuse(settled, words, ({ reason, detail }) =>
    bot.log[reason === 'away' ? 'warn' : 'error']({ workspace: installation.id, detail }, 'Stripe was asked in vain'),
  );
}

async function chooseChannel(visit: Visit, body: BlockAction, channelId: string | null): Promise<'changed'> {
  const { bot, installation, sender, words } = visit;
  await deskFor(visit);
  if (channelId) await visit.soon(checkNoticePlace(bot, { installation, channelId, words }));
  await visit.soon(changeSettings(bot.db, 'slack', sender.workspace, { notices: channelId }));
  await showAnew(visit, body);
  return 'changed';
}

async function move(visit: Visit, body: BlockAction, from: string): Promise<'changed'> {
  const { exchange, words } = visit;
  const desk = await deskFor(visit);
  const moved = await both(exchange.ack(), answered(visit, moveHere(desk, clientOf(visit), from)));
  await exchange.say(movedWords(moved, words));
  await showAnew(visit, body);
  return 'changed';
}

/** The window that was pressed in, as it is by now; what is not in a window is published by whoever asked. */
async function showAnew(visit: Visit, { view }: BlockAction): Promise<void> {
  const { exchange } = visit;
  if (view?.type !== 'modal') return exchange.ack();
  const content = await billingContent(visit);
  if (content) await exchange.update(view.id, billingWindow(content));
}
