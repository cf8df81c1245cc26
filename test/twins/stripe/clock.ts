/** What comes with time: everything that is due happens in order, each thing at its own moment. */
import { expireSession } from './checkout.ts';
import { subscriptionOf, voidInvoice } from './invoicing.ts';
import { announceEndOfTrial, cancel, collect, endTrial, giveUp, renew } from './lifecycle.ts';
import { DAY, HOUR } from './periods.ts';
import { change, type State } from './state.ts';
import { itemOf } from './subscription-objects.ts';

interface Due {
  at: number;
  run(): void;
}

/** Makes up for the time since it was last called. */
export function catchUp(state: State): void {
  const until = state.clock.read();
  for (let due = nextDue(state, until); due; due = nextDue(state, until)) {
    state.clock.at = due.at;
    try {
      due.run();
    } finally {
      state.clock.at = null;
    }
  }
}

function nextDue(state: State, until: number): Due | null {
  let first: Due | null = null;
  for (const due of [...ofSessions(state), ...ofSubscriptions(state), ...ofInvoices(state)]) {
    if (due.at <= until && (first === null || due.at < first.at)) first = due;
  }
  return first;
}

function* ofSessions(state: State): Generator<Due> {
  for (const session of state.sessions.values()) {
    if (session.status === 'open') yield { at: session.expires_at, run: () => expireSession(state, session) };
  }
}

/** Where two things are due at one moment the earlier here comes first: who leaves is not charged again. */
function* ofSubscriptions(state: State): Generator<Due> {
  for (const subscription of state.subscriptions.values()) {
    const { status, cancel_at: cancelAt, trial_end: trialEnd, pause_collection: pause } = subscription;
    if (subscription.ended_at !== null) continue;
    if (cancelAt !== null) yield { at: cancelAt, run: () => cancel(state, subscription, 'cancellation_requested') };
    if (status === 'incomplete') {
      yield { at: subscription.created + 23 * HOUR, run: () => giveUp(state, subscription) };
      continue;
    }
    if (pause && pause.resumes_at !== null) {
      const collectAgain = () => {
        change(state, 'customer.subscription.updated', subscription, (changing) => {
          changing.pause_collection = null;
        });
      };
      yield { at: pause.resumes_at, run: collectAgain };
    }
    if (status === 'trialing' && trialEnd !== null) {
      const isAnnounced = state.books.announced.has(subscription.id);
      if (!isAnnounced) yield { at: trialEnd - 3 * DAY, run: () => announceEndOfTrial(state, subscription) };
      yield { at: trialEnd, run: () => endTrial(state, subscription) };
    } else if (status !== 'paused') {
      yield { at: itemOf(subscription).current_period_end, run: () => renew(state, subscription) };
    }
  }
}

function* ofInvoices(state: State): Generator<Due> {
  for (const invoice of state.invoices.values()) {
    const { status, automatically_finalizes_at: finalizesAt, next_payment_attempt: nextAttempt } = invoice;
    if (status === 'draft' && finalizesAt !== null) yield { at: finalizesAt, run: () => collect(state, invoice) };
    if (status === 'open' && nextAttempt !== null) yield { at: nextAttempt, run: () => collect(state, invoice) };
    if (status === 'open' && state.books.resuming.has(invoice.id)) {
      const subscription = subscriptionOf(state, invoice);
      const stayPaused = () => {
        state.books.resuming.delete(invoice.id);
        if (subscription.ended_at === null) voidInvoice(state, invoice);
      };
      yield { at: invoice.created + 23 * HOUR, run: stayPaused };
    }
  }
}
