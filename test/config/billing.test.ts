import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { SetupError } from '../../src/errors.ts';

const KEY = 'sk_test_51AbCdEfGhIjKlMn';
const SECRET = 'whsec_AbCdEfGhIjKlMn';
const SET = { STRIPE_SECRET_KEY: KEY, STRIPE_WEBHOOK_SECRET: SECRET, PUBLIC_URL: 'https://tutor.example/' };
const STRIPE = { secretKey: KEY, webhookSecrets: [SECRET], apiUrl: null };

function complaintsAbout(environment: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof SetupError) return error.sentences;
    throw error;
  }
}

test.each<[string, Record<string, string>, unknown]>([
  ['nothing', {}, { plansFile: null, stripe: null }],
  ['an address alone', { STRIPE_API_URL: 'http://127.0.0.1:1234' }, { plansFile: null, stripe: null }],
  ['plans alone', { PLANS_FILE: '/etc/plans.yaml' }, { plansFile: '/etc/plans.yaml', stripe: null }],
  ['Stripe', SET, { plansFile: null, stripe: STRIPE }],
  [
    'two secrets, while one takes the place of the other',
    { ...SET, STRIPE_WEBHOOK_SECRET: ` ${SECRET} , whsec_another1/+=, ` },
    { plansFile: null, stripe: { ...STRIPE, webhookSecrets: [SECRET, 'whsec_another1/+='] } },
  ],
  [
    'a restricted live key',
    { ...SET, STRIPE_SECRET_KEY: 'rk_live_51AbCdEfGhIj' },
    { plansFile: null, stripe: { ...STRIPE, secretKey: 'rk_live_51AbCdEfGhIj' } },
  ],
  [
    'a server of its own',
    { ...SET, STRIPE_API_URL: 'http://127.0.0.1:1234/' },
    { plansFile: null, stripe: { ...STRIPE, apiUrl: 'http://127.0.0.1:1234' } },
  ],
])('reads %s', (_, environment, billing) => {
  expect(readConfig(environment).billing).toEqual(billing);
});

const FORM = 'must be a secret or restricted key of Stripe, which begins with sk_test_, sk_live_, rk_test_ or rk_live_';
const WEBHOOK_FORM =
  'must be the signing secret of your webhook endpoint, which begins with whsec_, or several with commas between them';
const URL_FORM = 'must be an http(s) URL with nothing after its host and port';

test.each([
  [
    'STRIPE_SECRET_KEY',
    'pk_test_51AbCdEfGhIj',
    'must be the secret key, not the publishable one, which everybody may see',
  ],
  ['STRIPE_SECRET_KEY', SECRET, 'must be the secret key of your account, not the signing secret of a webhook'],
  ['STRIPE_SECRET_KEY', 'sk-proj-51AbCdEfGhIj', FORM],
  ['STRIPE_SECRET_KEY', 'sk_test_short', FORM],
  ['STRIPE_SECRET_KEY', `Bearer ${KEY}`, FORM],
  ['STRIPE_WEBHOOK_SECRET', KEY, WEBHOOK_FORM],
  ['STRIPE_WEBHOOK_SECRET', `${SECRET},${KEY}`, WEBHOOK_FORM],
  ['STRIPE_WEBHOOK_SECRET', ' , ', WEBHOOK_FORM],
  ['STRIPE_API_URL', 'api.stripe.com', URL_FORM],
  ['STRIPE_API_URL', 'ftp://api.stripe.com', URL_FORM],
  ['STRIPE_API_URL', 'https://api.stripe.com/v1', URL_FORM],
  ['STRIPE_API_URL', 'https://me:secret@api.stripe.com', URL_FORM],
  ['STRIPE_API_URL', 'https://api.stripe.com/?a=b', URL_FORM],
])('refuses %s like %j', (name, value, form) => {
  expect(complaintsAbout({ ...SET, [name]: value })).toEqual([`${name} ${form}: correct it or unset it.`]);
});

const NO_SECRET =
  'STRIPE_WEBHOOK_SECRET is needed to know of payments: set it to the signing secret of your webhook endpoint in Stripe.';
const NO_PLACE = 'PUBLIC_URL is needed to sell by card: set it to where browsers and Stripe reach this server.';
const NO_TLS = 'PUBLIC_URL must begin with https:// where the money is real: Stripe sends nobody to another.';
const NO_KEY = 'STRIPE_WEBHOOK_SECRET is of no use alone: set STRIPE_SECRET_KEY too, or unset it.';

test.each<[string, Record<string, string>, string[]]>([
  ['a key alone', { STRIPE_SECRET_KEY: KEY }, [NO_SECRET, NO_PLACE]],
  ['no webhook secret', { ...SET, STRIPE_WEBHOOK_SECRET: '' }, [NO_SECRET]],
  ['no public address', { ...SET, PUBLIC_URL: '' }, [NO_PLACE]],
  ['a webhook secret alone', { STRIPE_WEBHOOK_SECRET: SECRET }, [NO_KEY]],
  [
    'real money without TLS',
    { ...SET, STRIPE_SECRET_KEY: 'sk_live_51AbCdEfGh', PUBLIC_URL: 'http://a.example' },
    [NO_TLS],
  ],
  ['test money without TLS', { ...SET, PUBLIC_URL: 'http://127.0.0.1:8080' }, []],
])('complains of %s', (_, environment, sentences) => {
  expect(complaintsAbout(environment)).toEqual(sentences);
});

test('no sentence repeats a value, and what is read is frozen', () => {
  const wrong = { STRIPE_SECRET_KEY: 'hunter2', STRIPE_WEBHOOK_SECRET: 'hunter2', STRIPE_API_URL: 'hunter2' };
  const sentences = complaintsAbout(wrong);
  expect(sentences).toHaveLength(4);
  expect(sentences.join()).not.toContain('hunter2');
  const { billing } = readConfig(SET);
  expect([billing, billing.stripe, billing.stripe?.webhookSecrets].every(Object.isFrozen)).toBe(true);
});
