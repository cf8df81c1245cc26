/** Checkout sessions and sessions of the billing portal. */
import { expireSession, type NewSession, openSession } from './checkout.ts';
import { DATED, has, isWithin, pageOf } from './lists.ts';
import { changedMetadata, flag, group, integer, many, metadata, needed, oneOf, type Read, text } from './params.ts';
import { DAY, HOUR } from './periods.ts';
import { openPortal } from './portal.ts';
import { invalid, malformed, unknownParameter } from './refusals.ts';
import { activePrice, TRIAL_SETTINGS, trialSettingsOf } from './routes-subscriptions.ts';
import { found, type Route, route } from './routing.ts';
import type { State } from './state.ts';

const LOCALE = oneOf('auto', 'de', 'en', 'en-GB', 'es', 'fr', 'it', 'ja', 'pt', 'pt-BR');

const CREATE = {
  allow_promotion_codes: flag,
  cancel_url: text,
  client_reference_id: text,
  customer: text,
  customer_email: text,
  expires_at: integer,
  line_items: many(group({ price: text, quantity: integer })),
  locale: LOCALE,
  metadata,
  mode: oneOf('payment', 'setup', 'subscription'),
  payment_method_collection: oneOf('always', 'if_required'),
  subscription_data: group({
    description: text,
    metadata,
    trial_end: integer,
    trial_period_days: integer,
    trial_settings: TRIAL_SETTINGS,
  }),
  success_url: text,
};

const flowOf = group({ subscription: text });

const PORTAL = {
  customer: text,
  flow_data: group({
    after_completion: group({
      type: oneOf('hosted_confirmation', 'portal_homepage', 'redirect'),
      redirect: group({ return_url: text }),
    }),
    subscription_cancel: flowOf,
    subscription_update: flowOf,
    type: oneOf('payment_method_update', 'subscription_cancel', 'subscription_update'),
  }),
  locale: LOCALE,
  return_url: text,
};

export const CHECKOUT_ROUTES: readonly Route[] = [
  route('checkout_session', 'POST', '/v1/checkout/sessions', CREATE, ({ state, params }) =>
    openSession(state, sessionFrom(state, params)),
  ),
  route('checkout_session', 'GET', '/v1/checkout/sessions/:id', {}, ({ state, id }) =>
    found(state.sessions, 'checkout.session', id),
  ),
  route('checkout_session', 'POST', '/v1/checkout/sessions/:id/expire', {}, ({ state, id }) => {
    const session = found(state.sessions, 'checkout.session', id);
    if (session.status !== 'open') {
      throw invalid(
        `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`,
      );
    }
    expireSession(state, session);
    return session;
  }),
  route(
    'checkout_session',
    'GET',
    '/v1/checkout/sessions',
    { ...DATED, customer: text, status: oneOf('complete', 'expired', 'open'), subscription: text },
    ({ state, params }) => {
      const { created, customer, status, subscription } = params;
      const meant = [...state.sessions.values()].filter(
        (each) => has(each, { customer, status, subscription }) && isWithin(each.created, created),
      );
      return pageOf(meant, params, '/v1/checkout/sessions', 'checkout.session');
    },
  ),
  route('customer_portal', 'POST', '/v1/billing_portal/sessions', PORTAL, ({ state, params }) => {
    const customer = found(state.customers, 'customer', needed(params.customer, 'customer'), 'customer');
    const mode = state.livemode ? 'live' : 'test';
    if (!state.settings.hasPortal) {
      throw invalid(
        `No configuration provided and your ${mode} mode default configuration has not been created. Provide a configuration or create your default by saving your customer portal settings in ${mode} mode at https://dashboard.stripe.com/${mode}/settings/billing/portal.`,
      );
    }
    const { flow_data: flow, return_url: returnUrl = null, locale = null } = params;
    if (returnUrl !== null) checkUrl(returnUrl, 'return_url');
    const aim = flow?.subscription_cancel?.subscription ?? flow?.subscription_update?.subscription ?? null;
    if (aim !== null) found(state.subscriptions, 'subscription', aim, 'flow_data');
    return openPortal(state, {
      customer: customer.id,
      returnUrl,
      locale,
      flow: flow
        ? {
            type: needed(flow.type, 'flow_data[type]'),
            subscription: aim,
            after: flow.after_completion?.type ?? 'portal_homepage',
            redirect: flow.after_completion?.redirect?.return_url ?? null,
          }
        : null,
    });
  }),
];

function sessionFrom(state: State, params: Read<typeof CREATE>): NewSession {
  if (needed(params.mode, 'mode') !== 'subscription') throw unknownParameter(`mode ${params.mode}`);
  const [item, ...more] = needed(params.line_items, 'line_items');
  if (more.length > 0) throw unknownParameter('line_items[1]');
  const price = activePrice(state, needed(item?.price, 'line_items[0][price]'), 'line_items[0][price]');
  const { customer = null, customer_email: email = null, client_reference_id: reference = null } = params;
  if (customer !== null) found(state.customers, 'customer', customer, 'customer');
  if (customer !== null && email !== null) {
    throw invalid('You may only specify one of these parameters: customer, customer_email.', 'customer_email');
  }
  if (reference !== null && reference.length > 200) {
    throw malformed('Invalid string: client_reference_id; must be at most 200 characters', 'client_reference_id');
  }
  return {
    ...{ customer, email, reference },
    order: {
      ...{ price, quantity: needed(item?.quantity, 'line_items[0][quantity]') },
      ...subscriptionFrom(state, params.subscription_data ?? {}),
    },
    successUrl: checkUrl(needed(params.success_url, 'success_url'), 'success_url'),
    cancelUrl: params.cancel_url === undefined ? null : checkUrl(params.cancel_url, 'cancel_url'),
    metadata: changedMetadata({}, params.metadata),
    allowsPromotionCodes: params.allow_promotion_codes ?? null,
    paymentMethodCollection: params.payment_method_collection ?? 'always',
    expiresAt: params.expires_at === undefined ? null : checkExpiry(state, params.expires_at),
    locale: params.locale ?? null,
  };
}

function subscriptionFrom(state: State, data: NonNullable<Read<typeof CREATE>['subscription_data']>) {
  const { trial_end: trialEnd = null, trial_period_days: days = null, trial_settings: settings } = data;
  if (trialEnd !== null && days !== null) {
    throw invalid('You may only specify one of these parameters: trial_end, trial_period_days.', 'subscription_data');
  }
  if (days !== null && days < 1) {
    throw invalid('The minimum number of trial period days is 1.', 'subscription_data[trial_period_days]');
  }
  if (trialEnd !== null && trialEnd < state.now() + 2 * DAY) {
    throw invalid('The `trial_end` date has to be at least 2 days in the future.', 'subscription_data[trial_end]');
  }
  return {
    description: data.description ?? null,
    metadata: changedMetadata({}, data.metadata),
    trialSeconds: days === null ? null : days * DAY,
    trialEnd,
    trialSettings: trialSettingsOf(settings),
  };
}

function checkExpiry(state: State, at: number): number {
  const ahead = at - state.now();
  if (ahead >= HOUR / 2 && ahead <= DAY) return at;
  throw invalid('The `expires_at` timestamp must be at least 30 minutes and at most 24 hours ahead.', 'expires_at');
}

/** Whole addresses only; Stripe's own words in braces may be in them. */
function checkUrl(url: string, param: string): string {
  if (URL.canParse(url) && /^https?:/.test(url)) return url;
  throw malformed('Not a valid URL', param, 'url_invalid');
}
