import type Stripe from 'stripe';
import { idOf, isPresent } from './client.ts';

/** Whether what was paid for a subscription was given back, or is demanded back. Whatever fails is thrown. */

/** Four levels, which is as deep as Stripe goes. */
const CHARGE = 'data.payment.payment_intent.latest_charge';
/** In these the money is ours again, or never left. */
const SETTLED = new Set<string>(['won', 'warning_closed', 'prevented']);
/** A period's bill and its first day may be some seconds apart. */
const SLACK_SECONDS = 3_600;

/**
 * What was paid for the current period counts: a change of plan in its middle has a small bill of its own, and neither
 * undoes a dispute nor, given back, takes away what the large one has paid for.
 */
export async function takenBack(
  client: Stripe,
  subscription: Stripe.Subscription,
): Promise<'disputed' | 'refunded' | null> {
  const invoices = await paidLately(client, subscription);
  const charges = (await Promise.all(invoices.map(({ id }) => chargesOf(client, id)))).flat();
  for (const charge of charges) if (charge.disputed && (await isDemanded(client, charge))) return 'disputed';
  return charges.length > 0 && charges.every(({ refunded }) => refunded) ? 'refunded' : null;
}

/** The paid bills of this period, and at least the last one that money was paid for: the newest first. */
async function paidLately(client: Stripe, subscription: Stripe.Subscription): Promise<Stripe.Invoice[]> {
  const { id, latest_invoice: latest, items } = subscription;
  if (latest !== null && typeof latest === 'object' && isPaid(latest) && beginsPeriod(latest)) return [latest];
  const { data } = await client.invoices.list({ subscription: id, status: 'paid', limit: 100 });
  const paid = data.filter(isPaid);
  const since = Math.min(...items.data.map((item) => item.current_period_start)) - SLACK_SECONDS;
  return paid.filter(({ created }, index) => index === 0 || created >= since);
}

function isPaid({ status, amount_paid: amount }: Stripe.Invoice): boolean {
  return status === 'paid' && amount > 0;
}

function beginsPeriod({ billing_reason: reason }: Stripe.Invoice): boolean {
  return reason === 'subscription_create' || reason === 'subscription_cycle';
}

async function chargesOf(client: Stripe, invoice: string): Promise<Stripe.Charge[]> {
  const { data } = await client.invoicePayments.list({ invoice, status: 'paid', limit: 100, expand: [CHARGE] });
  const charges = await Promise.all(data.map(({ payment }) => chargeOf(client, payment)));
  return charges.filter(isPresent);
}

async function chargeOf(client: Stripe, payment: Stripe.InvoicePayment.Payment): Promise<Stripe.Charge | null> {
  const { payment_intent: intent, charge } = payment;
  const latest = typeof intent === 'object' ? intent.latest_charge : charge;
  if (typeof latest === 'object') return latest;
  const id = idOf(latest);
  return id === null ? null : client.charges.retrieve(id);
}

async function isDemanded(client: Stripe, { id }: Stripe.Charge): Promise<boolean> {
  const { data } = await client.disputes.list({ charge: id, limit: 100 });
  return data.some(({ status }) => !SETTLED.has(status));
}
