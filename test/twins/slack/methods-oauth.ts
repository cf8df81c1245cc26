/** How the app gets its tokens: an admin's consent becomes a code, the code becomes tokens, and these are refreshed. */
import { type Call, type Methods, textOf } from './calls.ts';
import { type Installation, install, issueTokens, type Token, type TokenPair } from './installations.ts';
import { Refusal } from './refusals.ts';
import { type Json, known, type State } from './state.ts';

const CODE_MS = 10 * 60_000;

export const oauthMethods: Methods = {
  'oauth.v2.access': {
    ...{ tier: 't5', auth: 'none' },
    handle(call) {
      const { state } = call;
      if (textOf(call, 'client_id') !== state.clientId) throw new Refusal('invalid_client_id');
      if (textOf(call, 'client_secret') !== state.clientSecret) throw new Refusal('bad_client_secret');
      const grant = textOf(call, 'grant_type') || 'authorization_code';
      if (grant === 'authorization_code') return exchange(call);
      if (grant === 'refresh_token') return refresh(call);
      throw new Refusal('invalid_grant_type');
    },
  },
};

function exchange(call: Call): Json {
  const { state } = call;
  const code = state.codes.get(textOf(call, 'code'));
  if (!code || code.isUsed || state.now() - code.issuedAt > CODE_MS) throw new Refusal('invalid_code');
  // Whoever named a place in the link names the same one here.
  const redirectUri = textOf(call, 'redirect_uri') || null;
  if (code.redirectUri !== redirectUri) throw new Refusal('bad_redirect_uri');
  code.isUsed = true;
  const installation = install(state, code.consent);
  return grantWire(state, installation, issueTokens(state, installation));
}

/** A refresh token works once; the access token before it works until its time is over. */
function refresh(call: Call): Json {
  const { state } = call;
  const token = state.tokens.get(textOf(call, 'refresh_token'));
  if (token?.kind !== 'refresh' || token.isRevoked || !token.installation.isActive) {
    throw new Refusal('invalid_refresh_token');
  }
  token.isRevoked = true;
  return grantWire(state, token.installation, issueTokens(state, token.installation));
}

function grantWire(state: State, installation: Installation, tokens: TokenPair): Json {
  const { teamId, enterpriseId, botUser, scopes, installerId } = installation;
  const named = (values: ReadonlyMap<string, { id: string; name: string }>, id: string | null) => {
    if (id === null) return null;
    const { name } = known(values, id);
    return { id, name };
  };
  return {
    ...{ app_id: state.appId, authed_user: { id: installerId }, scope: [...scopes].join(','), token_type: 'bot' },
    ...{ access_token: tokens.bot.value, bot_user_id: botUser.id },
    ...(tokens.refresh && { refresh_token: tokens.refresh.value, expires_in: secondsLeft(state, tokens.bot) }),
    team: named(state.teams, teamId),
    enterprise: named(state.enterprises, enterpriseId),
    is_enterprise_install: teamId === null,
  };
}

function secondsLeft(state: State, { expiresAt }: Token): number {
  return Math.ceil(((expiresAt ?? state.now()) - state.now()) / 1000);
}

export interface Consent {
  /** Where the browser is sent. */
  redirect: string;
  code: string;
  /** As it stood in the link. */
  state: string;
}

export interface Consenting {
  teamId: string | null;
  enterpriseId: string | null;
  installerId: string;
  rotating: boolean;
}

/** What an admin does with an install link: they read it, agree, and their browser goes back with a code. */
export function authorize(state: State, link: string, who: Consenting): Consent {
  const url = new URL(link);
  const {
    client_id: clientId,
    scope,
    state: passed = '',
    redirect_uri: redirectUri,
  } = Object.fromEntries(url.searchParams);
  if (!url.pathname.endsWith('/oauth/v2/authorize')) throw new Error(`this is no install link: ${link}`);
  if (clientId !== state.clientId) throw new Error(`Slack knows no app ${clientId}`);
  if (!scope) throw new Error('the link asks for no scope');
  if (!redirectUri) throw new Error('the link names no place to go back to');
  const code = state.ids.secret();
  const { teamId, ...rest } = who;
  const team = teamId === null ? null : known(state.teams, teamId);
  const consent = { ...rest, team, scopes: scope.split(',') };
  state.codes.set(code, { consent, redirectUri, issuedAt: state.now(), isUsed: false });
  const redirect = new URL(redirectUri);
  redirect.searchParams.set('code', code);
  redirect.searchParams.set('state', passed);
  return { redirect: redirect.href, code, state: passed };
}
