import type Stripe from 'stripe';
import type { StripeEvent } from '../../core/billing/sources.ts';
import { idOf } from './client.ts';
import { orNull } from './failures.ts';
import { isOver, workspaceOf } from './subscriptions.ts';

/** Which subscription something of Stripe's belongs to; null: to none, or it is gone. Whatever fails is thrown. */

type Find = (client: Stripe, id: string) => Promise<string | null>;

/** By the kind of object that an event carries. */
const FINDERS: Partial<Record<string, Find>> = {
  subscription: async (_, id) => id,
  invoice: async (client, id) => ofInvoice(await orNull(client.invoices.retrieve(id))),
  invoice_payment: async (client, id) => {
    const payment = await orNull(client.invoicePayments.retrieve(id, { expand: ['invoice'] }));
    return ofInvoice(payment?.invoice);
  },
  payment_intent: ofIntent,
  charge: ofCharge,
  dispute: async (client, id) => ofPayment(client, await orNull(client.disputes.retrieve(id))),
  refund: async (client, id) => ofPayment(client, await orNull(client.refunds.retrieve(id))),
  'checkout.session': async (client, id) => idOf((await orNull(client.checkout.sessions.retrieve(id)))?.subscription),
  customer: ofCustomer,
};

export async function ownerOf(client: Stripe, { kind, id }: StripeEvent['object']): Promise<string | null> {
  const find = FINDERS[kind];
  return find && id ? find(client, id) : null;
}

function ofInvoice(invoice: Stripe.InvoicePayment['invoice'] | null | undefined): string | null {
  if (invoice === null || typeof invoice !== 'object' || !('parent' in invoice)) return null;
  return idOf(invoice.parent?.subscription_details?.subscription);
}

async function ofIntent(client: Stripe, id: string): Promise<string | null> {
  const ofThis = { type: 'payment_intent', payment_intent: id } as const;
  const payments = await orNull(client.invoicePayments.list({ payment: ofThis, limit: 100, expand: ['data.invoice'] }));
  return payments?.data.map(({ invoice }) => ofInvoice(invoice)).find((found) => found !== null) ?? null;
}

async function ofCharge(client: Stripe, id: string): Promise<string | null> {
  const intent = idOf((await orNull(client.charges.retrieve(id)))?.payment_intent);
  return intent === null ? null : ofIntent(client, intent);
}

async function ofPayment(
  client: Stripe,
  taken: Pick<Stripe.Dispute | Stripe.Refund, 'payment_intent' | 'charge'> | null,
): Promise<string | null> {
  const intent = idOf(taken?.payment_intent);
  if (intent !== null) return ofIntent(client, intent);
  const charge = idOf(taken?.charge);
  return charge === null ? null : ofCharge(client, charge);
}

/** One that goes on before one that is over; of the same, the newest, which Stripe lists first. */
async function ofCustomer(client: Stripe, customer: string): Promise<string | null> {
  const all = await orNull(client.subscriptions.list({ customer, status: 'all', limit: 100 }));
  const ours = (all?.data ?? []).filter(workspaceOf);
  return (ours.find((each) => !isOver(each)) ?? ours[0])?.id ?? null;
}
