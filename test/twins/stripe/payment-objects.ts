/** Payments, as they are before anybody has paid. */
import type Stripe from 'stripe';
import { newId, randomText } from './ids.ts';
import { idOf, type State } from './state.ts';

export function newPaymentIntent(state: State, invoice: Stripe.Invoice): Stripe.PaymentIntent {
  const id = newId('pi', '3');
  const intent: Stripe.PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: invoice.amount_due,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    client_secret: `${id}_secret_${randomText(24)}`,
    confirmation_method: 'automatic',
    created: state.now(),
    currency: invoice.currency,
    customer: invoice.customer,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: state.livemode,
    managed_payments: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: 'off_session',
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
  state.paymentIntents.set(id, intent);
  return intent;
}

/** Ties a payment to its invoice: the only way from one to the other. */
export function newInvoicePayment(
  state: State,
  invoice: Stripe.Invoice,
  intent: Stripe.PaymentIntent,
): Stripe.InvoicePayment {
  const payment: Stripe.InvoicePayment = {
    id: newId('inpay', '1'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: state.now(),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: state.livemode,
    payment: { payment_intent: intent.id, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  };
  state.invoicePayments.set(payment.id, payment);
  return payment;
}

export function newCharge(
  state: State,
  intent: Stripe.PaymentIntent,
  paymentMethod: string,
  declineCode: string | null,
): Stripe.Charge {
  const isPaid = declineCode === null;
  const charge: Stripe.Charge = {
    id: newId('ch', '3'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: isPaid ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: null,
    captured: isPaid,
    created: state.now(),
    currency: intent.currency,
    customer: intent.customer === null ? null : idOf(intent.customer),
    description: 'Subscription',
    disputed: false,
    failure_balance_transaction: null,
    failure_code: isPaid ? null : 'card_declined',
    failure_message: isPaid ? null : 'Your card was declined.',
    fraud_details: {},
    livemode: state.livemode,
    metadata: {},
    on_behalf_of: null,
    outcome: outcomeOf(declineCode),
    paid: isPaid,
    payment_intent: intent.id,
    payment_method: paymentMethod,
    payment_method_details: null,
    ...{ receipt_email: null, receipt_number: null, receipt_url: null },
    refunded: false,
    review: null,
    ...{ shipping: null, source: null, source_transfer: null },
    ...{ statement_descriptor: null, statement_descriptor_suffix: null },
    status: isPaid ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: null,
  };
  state.charges.set(charge.id, charge);
  return charge;
}

function outcomeOf(declineCode: string | null): Stripe.Charge.Outcome {
  const isPaid = declineCode === null;
  return {
    advice_code: isPaid ? null : 'try_again_later',
    network_advice_code: null,
    network_decline_code: isPaid ? null : '05',
    network_status: isPaid ? 'approved_by_network' : 'declined_by_network',
    reason: declineCode,
    risk_level: 'normal',
    risk_score: 20,
    seller_message: isPaid ? 'Payment complete.' : 'The bank returned a decline code.',
    type: isPaid ? 'authorized' : 'issuer_declined',
  };
}
