import { isCustomer, isOpenCheckout, setPayer, takeCheckout } from '../../db/billing-accounts.ts';
import { noticeFailed, noticeSent, takeNotice } from '../../db/notices.ts';
import { eventDone, eventFailed, insertEvent, type PendingEvent, takeEvent } from '../../db/stripe-events.ts';
import { errorMessage } from '../../errors.ts';
import type { Surfaces } from '../deliver.ts';
import type { Platform } from '../messages.ts';
import type { Nudger, SendResult, Telemetry } from '../ports.ts';
import { settingsOf } from '../settings.ts';
import type { DeskDeps } from './desk.ts';
import { planById } from './plans.ts';
import type { Asked, Payments, SourceFailure, StripeEvent, SubscriptionSource } from './sources.ts';
import { type BillingDeps, refreshSubscription } from './subscriptions.ts';

/** What Stripe told, and what admins are to be told: rows first, and seen to on a queue of their own. */

export interface SettlingDeps extends BillingDeps {
  /** Null: nothing is sold by card. */
  payments: Payments | null;
  surfaces: Surfaces;
  telemetry: Telemetry;
  nudger: Nudger;
  /** Of billing. */
  queue: string;
}

/** What everybody has to do with who sees to what is paid: platforms, Stripe, and the rounds. */
export interface Billing extends DeskDeps, SettlingDeps {
  /** Of platforms that sell subscriptions themselves. */
  sources: readonly SubscriptionSource[];
}

/** The queue on which billing asks for a worker. */
export function billingQueue(queue: string): string {
  return `${queue}-billing`;
}

/** Keeps what Stripe told. Safe to call twice. Throws when it cannot be kept: then Stripe tells of it again. */
export async function receiveEvent(deps: SettlingDeps, event: StripeEvent): Promise<void> {
  if (await insertEvent(deps.db, event)) await nudgeBilling(deps, event.id);
}

/** Asks for a worker; a nudge that is lost is made up for by the next round. */
export async function nudgeBilling({ nudger, queue, log }: SettlingDeps, id: string): Promise<void> {
  await nudger.nudge(queue, id, { job: 'bill' }).catch((error) => log.warn({ err: error }, 'a nudge was lost'));
}

/** Hours in all: what is away for longer is repaired by the nightly round. */
const EVENT_DELAYS_MS = [5_000, 30_000, 120_000, 600_000, 3_600_000, 10_800_000];
const NOTICE_DELAYS_MS = [10_000, 60_000, 600_000, 3_600_000, 21_600_000, 86_400_000];

/** Applies what Stripe told and tells admins what they are to know, until there is nothing left. Safe to run anywhere. */
export async function settleBilling(deps: SettlingDeps): Promise<void> {
  const { db, payments } = deps;
  for (let event = payments && (await takeEvent(db)); payments && event; event = await takeEvent(db)) {
    const { id, attempts } = event;
    const applied = await applyEvent(deps, payments, event).catch(
      (error): SourceFailure => ({ ok: false, reason: 'away', detail: errorMessage(error) }),
    );
    if (applied.ok) {
      await eventDone(db, id, applied.value);
      deps.telemetry.note({ type: 'stripe_event', outcome: applied.value });
    } else {
      const delay = applied.reason === 'away' ? (EVENT_DELAYS_MS[attempts] ?? null) : null;
      deps.log[delay === null ? 'error' : 'warn']({ event: id, detail: applied.detail }, 'an event was not applied');
      await eventFailed(db, id, applied.detail, delay);
      deps.telemetry.note({ type: 'stripe_event', outcome: delay === null ? 'given_up' : 'put_off' });
    }
  }
  await tellAdmins(deps);
}

async function applyEvent(
  deps: SettlingDeps,
  payments: Payments,
  { type, object }: PendingEvent,
): Promise<Asked<'applied' | 'ignored'>> {
  if (type === 'checkout.session.completed') return finishCheckout(deps, payments, object.id);
  const subscription = await payments.subscriptionOf(object);
  if (!subscription.ok) return subscription;
  if (subscription.value === null) return { ok: true, value: 'ignored' };
  return applied(await refreshSubscription(deps, payments, subscription.value));
}

/** Somebody comes back from paying: what they paid for is theirs now, not only when Stripe tells of it. */
export async function welcomeBack(deps: BillingDeps, payments: Payments, session: string): Promise<void> {
  // Anybody may name any page: Stripe is asked about ours alone.
  if (!(await isOpenCheckout(deps.db, session))) return;
  const finished = await finishCheckout(deps, payments, session);
  if (!finished.ok) deps.log.warn({ detail: finished.detail }, 'a payment could not be looked into at once');
}

/** Somebody has paid on a page of ours. Safe to run twice, as when they come back before Stripe tells of it. */
async function finishCheckout(
  deps: BillingDeps,
  payments: Payments,
  session: string,
): Promise<Asked<'applied' | 'ignored'>> {
  const checkout = await payments.checkoutOf(session);
  if (!checkout.ok) return checkout;
  if (checkout.value === null) return { ok: true, value: 'ignored' };
  const { reference, customer, subscription } = checkout.value;
  await deps.db.transaction().execute(async (tx) => {
    const opened = await takeCheckout(tx, reference);
    if (opened?.openedBy) await setPayer(tx, opened.workspaceId, opened.openedBy);
  });
  // The pages of others who sell in the same account are none of our business.
  const closed = (await isCustomer(deps.db, customer)) ? await payments.closeCheckouts(customer) : null;
  if (closed?.ok === false && closed.reason === 'away') return closed;
  return applied(await refreshSubscription(deps, payments, subscription));
}

function applied(refreshed: Awaited<ReturnType<typeof refreshSubscription>>): Asked<'applied' | 'ignored'> {
  if (!refreshed.ok) return refreshed;
  return { ok: true, value: refreshed.value === 'not ours' ? 'ignored' : 'applied' };
}

async function tellAdmins({ db, surfaces, plans, log, telemetry }: SettlingDeps): Promise<void> {
  const platforms = [...surfaces].flatMap(([platform, { tellAdmins }]) => (tellAdmins ? [platform] : []));
  for (let owed = await take(); owed; owed = await take()) {
    const { id, kind, data, platform, workspace, place, payer, attempts } = owed;
    const plan = planById(plans, data.plan)?.title ?? data.plan;
    const until = data.until ? new Date(data.until) : null;
    const channel = settingsOf(owed.settings).notices;
    const notice = { id, kind, plan, until, workspace, place, channel, payer };
    const told: SendResult = (await surfaces.get(platform)?.tellAdmins?.(notice)) ?? {
      ...{ ok: false, reason: 'gone', detail: 'nobody tells there' },
    };
    if (told.ok) {
      await noticeSent(db, id);
      telemetry.note({ type: 'billing_notice', outcome: 'sent' });
    } else {
      const delay = told.reason === 'retry' ? (NOTICE_DELAYS_MS[attempts] ?? null) : null;
      log[delay === null ? 'error' : 'warn'](
        { notice: id, kind, workspace, detail: told.detail },
        'admins were not told',
      );
      await noticeFailed(db, id, told.detail, delay);
      telemetry.note({ type: 'billing_notice', outcome: delay === null ? 'given_up' : 'put_off' });
    }
  }

  function take() {
    return takeNotice(db, platforms as Platform[]);
  }
}
