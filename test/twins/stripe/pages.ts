/** Stripe's own pages, small: Checkout, and the billing portal. */
import type Stripe from 'stripe';
import type { Answer } from './api.ts';
import { cardTyped } from './cards.ts';
import { complete, needsCard } from './checkout.ts';
import { catchUp } from './clock.ts';
import { enterPortal, isUsable, type Portal } from './portal.ts';
import { idOf, known, type State } from './state.ts';
import { itemOf } from './subscription-objects.ts';

/** What a page shows, or where it sends people; null: there is no such page. */
export function answerPage(state: State, method: string, path: string, form: URLSearchParams): Answer | null {
  catchUp(state);
  const [, area, kind, id = ''] = path.split('/');
  if (method !== 'GET' && method !== 'POST') return null;
  const session = area === 'c' && kind === 'pay' ? state.sessions.get(id) : undefined;
  if (session) return method === 'GET' ? showCheckout(state, session) : useCheckout(state, session, form);
  const portal = area === 'p' && kind === 'session' ? state.portalSessions.get(id) : undefined;
  if (!portal) return null;
  if (!isUsable(state, portal)) return page(410, 'This link has expired', '');
  const visit = enterPortal(state, portal);
  return method === 'GET' ? showPortal(portal, visit) : usePortal(state, portal, visit, form);
}

function showCheckout(state: State, session: Stripe.Checkout.Session, said = '', status = 200): Answer {
  if (session.status === 'expired') return page(410, 'This checkout session has expired', '');
  if (session.status === 'complete') return page(200, 'You’re all done here', '');
  const { price, quantity, trialSeconds } = known(state.books.orders, session.id);
  const { name } = known(state.products, idOf(price.product));
  const trial = trialSeconds === null ? '' : `<p>${trialSeconds / 86_400} days free</p>`;
  const customer = session.customer === null ? null : state.customers.get(idOf(session.customer));
  const email = customer?.email ?? session.customer_email ?? '';
  const card = needsCard(session) ? '<input name="card" required placeholder="4242 4242 4242 4242">' : '';
  const leave = session.cancel_url === null ? '' : '<button name="action" value="cancel" formnovalidate>Back</button>';
  return page(
    status,
    `Subscribe to ${name}`,
    `<p>${quantity} × ${amountOf(price)}</p>${trial}<p role="alert">${escaped(said)}</p>
<form method="post"><input name="email" type="email" value="${escaped(email)}"><input name="name">${card}
<button name="action" value="pay">Subscribe</button>${leave}</form>`,
  );
}

function useCheckout(state: State, session: Stripe.Checkout.Session, form: URLSearchParams): Answer {
  if (session.status !== 'open') return showCheckout(state, session);
  if (form.get('action') === 'cancel') {
    return session.cancel_url === null ? page(400, 'There is no way back', '') : redirect(session.cancel_url);
  }
  const typed = form.get('card') ?? '';
  const card = typed === '' ? null : cardTyped(typed);
  if (typed !== '' && !card) return showCheckout(state, session, 'Your card number is invalid.', 402);
  const [email, name] = [form.get('email') ?? '', form.get('name') ?? ''];
  const completion = complete(state, session, { card, ...(email && { email }), ...(name && { name }) });
  if (completion.ok) return redirect(completion.redirect);
  return showCheckout(state, session, `Your card was declined: ${completion.declineCode}.`, 402);
}

function showPortal(portal: Stripe.BillingPortal.Session, visit: Portal, said = '', status = 200): Answer {
  const back = portal.return_url === null ? '' : `<a href="${escaped(portal.return_url)}">Return</a>`;
  const rows = visit.subscriptions().map((subscription) => {
    const { price } = itemOf(subscription);
    const action = subscription.cancel_at === null ? 'cancel' : 'resume';
    return `<li>${subscription.id} ${amountOf(price)} ${subscription.status}
<form method="post"><input type="hidden" name="subscription" value="${subscription.id}">
<button name="action" value="${action}">${action}</button></form></li>`;
  });
  return page(
    status,
    'Billing',
    `${back}<p role="alert">${escaped(said)}</p><ul>${rows.join('')}</ul>
<form method="post"><input name="card"><button name="action" value="card">Change card</button></form>
<form method="post"><button name="action" value="pay">Pay what is open</button></form>`,
  );
}

function usePortal(state: State, portal: Stripe.BillingPortal.Session, visit: Portal, form: URLSearchParams): Answer {
  const id = form.get('subscription') ?? undefined;
  const isTheirs = visit.subscriptions().some((each) => id === undefined || each.id === id);
  const action = form.get('action');
  if ((action === 'cancel' || action === 'resume') && !isTheirs) return page(404, 'There is no such subscription', '');
  if (action === 'cancel') visit.cancel(id);
  else if (action === 'resume') visit.resume(id);
  else if (action === 'pay') {
    if (!visit.pay()) return showPortal(portal, visit, 'Your card was declined.', 402);
  } else if (action === 'card') {
    const card = cardTyped(form.get('card') ?? '');
    if (!card) return showPortal(portal, visit, 'Your card number is invalid.', 402);
    const changed = visit.changeCard(card);
    if (!changed.ok) return showPortal(portal, visit, `Your card was declined: ${changed.declineCode}.`, 402);
  } else {
    state.unknown.push(`the portal has no action ${action}`);
    return page(400, 'There is no such action', '');
  }
  return redirect(portal.flow?.after_completion.redirect?.return_url ?? portal.url);
}

function amountOf({ unit_amount: amount, currency, recurring }: Stripe.Price): string {
  const shown = ((amount ?? 0) / 100).toFixed(2);
  return `${shown} ${currency.toUpperCase()}${recurring ? ` a ${recurring.interval}` : ''}`;
}

function redirect(location: string): Answer {
  return { status: 303, headers: { location } };
}

function page(status: number, title: string, body: string): Answer {
  const html = `<!doctype html><meta charset="utf-8"><title>${escaped(title)}</title><h1>${escaped(title)}</h1>${body}`;
  return { status, body: html, headers: { 'content-type': 'text/html; charset=utf-8' } };
}

function escaped(given: string): string {
  return given.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
