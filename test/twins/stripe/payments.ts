/** Money that goes back: refunds, and disputes. */
import type Stripe from 'stripe';
import { newId } from './ids.ts';
import { DAY } from './periods.ts';
import { invalid } from './refusals.ts';
import { emit, type State } from './state.ts';

export interface RefundChoice {
  amount?: number | undefined;
  reason?: Stripe.Refund.Reason | undefined;
  metadata?: Stripe.Metadata | undefined;
}

export function refund(state: State, charge: Stripe.Charge, choice: RefundChoice = {}): Stripe.Refund {
  const left = charge.amount_captured - charge.amount_refunded;
  const amount = choice.amount ?? left;
  if (left === 0) {
    throw invalid(`Charge ${charge.id} has already been refunded.`, undefined, 'charge_already_refunded');
  }
  if (amount > left || amount <= 0) {
    throw invalid(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, 'amount');
  }
  const made: Stripe.Refund = {
    id: newId('re', '3'),
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: state.now(),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    metadata: choice.metadata ?? {},
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: choice.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  };
  state.refunds.set(made.id, made);
  const before = { amount_refunded: charge.amount_refunded, refunded: charge.refunded };
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount_captured;
  emit(state, 'refund.created', made);
  emit(state, 'charge.refunded', charge, before);
  return made;
}

export function dispute(state: State, charge: Stripe.Charge, reason = 'fraudulent'): Stripe.Dispute {
  if (charge.disputed || !charge.paid) throw new Error(`${charge.id} cannot be disputed`);
  const made: Stripe.Dispute = {
    id: newId('du', '1'),
    object: 'dispute',
    amount: charge.amount,
    balance_transactions: [],
    charge: charge.id,
    created: state.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: emptyEvidence(),
    evidence_details: {
      due_by: state.now() + 9 * DAY,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: false,
    livemode: state.livemode,
    metadata: {},
    network_reason_code: '10.4',
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: { brand: 'visa', case_type: 'chargeback', network: 'visa', network_reason_code: '10.4' },
      type: 'card',
    },
    reason,
    status: 'needs_response',
  };
  state.disputes.set(made.id, made);
  charge.disputed = true;
  emit(state, 'charge.dispute.created', made);
  emit(state, 'charge.dispute.funds_withdrawn', made);
  return made;
}

export function closeDispute(state: State, disputed: Stripe.Dispute, status: 'won' | 'lost'): void {
  if (disputed.status !== 'needs_response') throw new Error(`${disputed.id} is ${disputed.status}`);
  disputed.status = status;
  emit(state, 'charge.dispute.closed', disputed);
  if (status === 'won') emit(state, 'charge.dispute.funds_reinstated', disputed);
}

function emptyEvidence(): Stripe.Dispute.Evidence {
  return {
    ...{ access_activity_log: null, billing_address: null, cancellation_policy: null },
    ...{ cancellation_policy_disclosure: null, cancellation_rebuttal: null, customer_communication: null },
    ...{ customer_email_address: null, customer_name: null, customer_purchase_ip: null, customer_signature: null },
    ...{ duplicate_charge_documentation: null, duplicate_charge_explanation: null, duplicate_charge_id: null },
    ...{ enhanced_evidence: {}, product_description: null, receipt: null, refund_policy: null },
    ...{ refund_policy_disclosure: null, refund_refusal_explanation: null, service_date: null },
    ...{ service_documentation: null, shipping_address: null, shipping_carrier: null, shipping_date: null },
    ...{ shipping_documentation: null, shipping_tracking_number: null, uncategorized_file: null },
    uncategorized_text: null,
  };
}
