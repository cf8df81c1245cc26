/** `expand`: ids that become the objects they mean, and parts that are only there when they are asked for. */
import { invalid } from './refusals.ts';
import { findObject, idOf, known, listOf, type State } from './state.ts';

const DEEPEST = 4;

type Node = Record<string, unknown>;

/** A copy of the answer, with what was asked for in its place. */
export function expanded(state: State, answer: object, paths: readonly string[]): object {
  const copy = structuredClone(answer);
  for (const path of paths) {
    const keys = path.split('.');
    if (keys.length > DEEPEST) {
      throw invalid(`You cannot expand more than ${DEEPEST} levels of a property. Property: ${path}`, 'expand');
    }
    follow(state, copy, keys, path);
  }
  return copy;
}

function follow(state: State, node: unknown, keys: readonly string[], path: string): void {
  const [key, ...rest] = keys;
  if (key === undefined || node === null) return;
  if (Array.isArray(node)) {
    for (const each of node) follow(state, each, keys, path);
    return;
  }
  if (typeof node !== 'object') throw notExpandable(path);
  const parent = node as Node;
  const value = parent[key] === undefined ? included(state, parent, key) : parent[key];
  if (value === undefined) throw notExpandable(path);
  parent[key] = Array.isArray(value) ? value.map((each) => opened(state, each, path)) : opened(state, value, path);
  follow(state, parent[key], rest, path);
}

function opened(state: State, value: unknown, path: string): unknown {
  if (typeof value !== 'string') {
    if (value === null || typeof value === 'object') return value;
    throw notExpandable(path);
  }
  const found = findObject(state, value);
  if (!found) throw notExpandable(path);
  return structuredClone(found);
}

/** What Stripe leaves out of an object unless somebody asks. */
function included(state: State, { object, id }: Node, key: string): unknown {
  const owner = String(id);
  const ofOwner = <T extends object>(table: ReadonlyMap<string, T>, field: keyof T) =>
    [...table.values()].filter((each) => each[field] === owner).map((each) => structuredClone(each));
  if (object === 'customer' && key === 'subscriptions') {
    const current = ofOwner(state.subscriptions, 'customer').filter(({ ended_at: endedAt }) => endedAt === null);
    return listOf(current.reverse(), `/v1/customers/${owner}/subscriptions`);
  }
  if (object === 'invoice' && key === 'payments') {
    return listOf(ofOwner(state.invoicePayments, 'invoice'), `/v1/invoice_payments?invoice=${owner}`);
  }
  if (object === 'charge' && key === 'refunds') {
    return listOf(ofOwner(state.refunds, 'charge').reverse(), `/v1/charges/${owner}/refunds`);
  }
  if (object === 'checkout.session' && key === 'line_items') return lineItems(state, owner);
  return undefined;
}

function lineItems(state: State, sessionId: string) {
  const { price, quantity } = known(state.books.orders, sessionId);
  const amount = known(state.sessions, sessionId).amount_total ?? 0;
  const item = {
    id: `li_${sessionId.slice(-24)}`,
    object: 'item',
    adjustable_quantity: null,
    amount_discount: 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount,
    currency: price.currency,
    description: known(state.products, idOf(price.product)).name,
    metadata: {},
    price: structuredClone(price),
    quantity,
  };
  return listOf([item], `/v1/checkout/sessions/${sessionId}/line_items`);
}

function notExpandable(path: string) {
  const message = `This property cannot be expanded (${path}). You may want to try expanding an ancestor of it, or look at the object's reference.`;
  return invalid(message, 'expand');
}
