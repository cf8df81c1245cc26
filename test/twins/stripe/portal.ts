/** The billing portal: where who pays changes their card, leaves, or comes back. */
import type Stripe from 'stripe';
import type { Card } from './cards.ts';
import { replaceCard } from './catalogue.ts';
import { newId } from './ids.ts';
import { cancel, collect, scheduleEnd } from './lifecycle.ts';
import { HOUR } from './periods.ts';
import { change, emit, known, type State } from './state.ts';
import { itemOf } from './subscription-objects.ts';

interface NewPortal {
  customer: string;
  returnUrl: string | null;
  locale: Stripe.BillingPortal.Session.Locale | null;
  flow: {
    type: 'payment_method_update' | 'subscription_cancel' | 'subscription_update';
    subscription: string | null;
    after: 'hosted_confirmation' | 'portal_homepage' | 'redirect';
    redirect: string | null;
  } | null;
}

export function openPortal(state: State, given: NewPortal): Stripe.BillingPortal.Session {
  const id = newId('bps', '1');
  const session: Stripe.BillingPortal.Session = {
    id,
    object: 'billing_portal.session',
    configuration: 'bpc_1TwinsDefaultConfiguration',
    created: state.now(),
    customer: given.customer,
    customer_account: null,
    flow: given.flow && flowOf(given.flow),
    livemode: state.livemode,
    locale: given.locale,
    on_behalf_of: null,
    return_url: given.returnUrl,
    url: `${state.url}/p/session/${id}`,
  };
  state.portalSessions.set(id, session);
  emit(state, 'billing_portal.session.created', session);
  return session;
}

function flowOf({ type, subscription, after, redirect }: NonNullable<NewPortal['flow']>) {
  const aim = subscription === null ? null : { subscription };
  const flow: Stripe.BillingPortal.Session.Flow = {
    after_completion: {
      hosted_confirmation: after === 'hosted_confirmation' ? { custom_message: null } : null,
      redirect: redirect === null ? null : { return_url: redirect },
      type: after,
    },
    customer_update: null,
    subscription_cancel: type === 'subscription_cancel' && aim ? { ...aim, retention: null } : null,
    subscription_pause: null,
    subscription_update: type === 'subscription_update' ? aim : null,
    subscription_update_confirm: null,
    type,
  };
  return flow;
}

/** Whether its link still works: five minutes until it is opened, and an hour after whatever was done there last. */
export function isUsable(state: State, session: Stripe.BillingPortal.Session): boolean {
  const visited = state.books.visits.get(session.id);
  return state.now() <= (visited === undefined ? session.created + 300 : visited + HOUR);
}

/** Someone who has the portal before them. All of it is about the session's customer only. */
export interface Portal {
  /** Subscriptions that are not over, newest first. */
  subscriptions(): Stripe.Subscription[];
  /** At the period's end, or at once where the account has it so. Without an id: the newest. */
  cancel(subscription?: string): void;
  /** Takes a cancellation back that has not happened yet. */
  resume(subscription?: string): void;
  /** The customer's new card, for all of their subscriptions. An open invoice waits for its next attempt. */
  changeCard(card: Card): { ok: true } | { ok: false; declineCode: string };
  /** Pays what is open now. Whether all of it was paid. */
  pay(): boolean;
}

/** Throws when the link has run out. */
export function enterPortal(state: State, session: Stripe.BillingPortal.Session): Portal {
  if (!isUsable(state, session)) throw new Error(`${session.id} has run out`);
  state.books.visits.set(session.id, state.now());
  const customer = known(state.customers, session.customer);
  const subscriptions = () =>
    [...state.subscriptions.values()]
      .filter((each) => each.customer === customer.id && each.ended_at === null)
      .reverse();
  const chosen = (id?: string) => {
    const found = subscriptions().find((each) => id === undefined || each.id === id);
    if (!found) throw new Error(`the portal of ${customer.id} shows no ${id ?? 'subscription'}`);
    return found;
  };
  return {
    subscriptions,
    cancel(id) {
      const subscription = chosen(id);
      if (state.settings.portalCancels === 'immediately') cancel(state, subscription, 'cancellation_requested');
      else schedule(state, subscription, itemOf(subscription).current_period_end);
    },
    resume: (id) => schedule(state, chosen(id), null),
    changeCard(card) {
      if (!card.attaches) return { ok: false, declineCode: card.declineCode };
      replaceCard(state, customer, card);
      return { ok: true };
    },
    pay() {
      const open = () =>
        [...state.invoices.values()].filter((each) => each.customer === customer.id && each.status === 'open');
      for (const invoice of open()) collect(state, invoice);
      return open().length === 0;
    },
  };
}

/** In flexible billing mode the portal names the moment, and leaves `cancel_at_period_end` as it is: false. */
function schedule(state: State, subscription: Stripe.Subscription, at: number | null): void {
  change(state, 'customer.subscription.updated', subscription, (changing) => scheduleEnd(state, changing, at));
}
