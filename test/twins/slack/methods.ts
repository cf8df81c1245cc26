/** All methods of the Web API that the twin has, and what comes before each: who asks, how often, with which scopes. */
import type { Call, Method, Methods } from './calls.ts';
import { fileMethods } from './files.ts';
import type { Token } from './installations.ts';
import { aboutMethods } from './methods-about.ts';
import { assistantMethods } from './methods-assistant.ts';
import { chatMethods } from './methods-chat.ts';
import { conversationMethods } from './methods-conversations.ts';
import { oauthMethods } from './methods-oauth.ts';
import { viewMethods } from './methods-views.ts';
import type { RateLimiter } from './rate-limits.ts';
import { complaint, missingScope, Refusal } from './refusals.ts';
import type { Answer, Json, State } from './state.ts';
import { streamMethods } from './streams.ts';

const METHODS: Methods = {
  ...aboutMethods,
  ...assistantMethods,
  ...chatMethods,
  ...conversationMethods,
  ...fileMethods,
  ...oauthMethods,
  ...streamMethods,
  ...viewMethods,
};

/** What Slack answers; never throws a Refusal. */
export function callMethod(state: State, limit: RateLimiter, name: string, body: Json, token: string): Answer {
  try {
    const method = METHODS[name];
    if (!method) {
      state.violations.push(`unknown method ${name}`);
      throw new Refusal('unknown_method');
    }
    const call = admit(state, method, body, token);
    const seconds = limit({
      ...{ method: name, tier: method.tier, workspace: workspaceOf(call, method) },
      channel: method.isPost ? String(body.channel) : null,
    });
    if (seconds !== null) {
      return { status: 429, body: { ok: false, error: 'ratelimited' }, headers: { 'retry-after': String(seconds) } };
    }
    requireAll(call, method);
    const scopes = method.auth === 'bot' ? { 'x-oauth-scopes': [...call.installation.scopes].join(',') } : {};
    return { status: 200, body: { ok: true, ...method.handle(call) }, headers: scopes };
  } catch (error) {
    if (error instanceof Refusal) return { status: 200, body: error.body };
    throw error;
  }
}

/** Who asks, and whether their token is good for this kind of method. */
function admit(state: State, { auth }: Method, body: Json, value: string): Call {
  // Methods without a bot's token have no installation, and none of them looks for one.
  const call = { state, body } as Call;
  if (auth === 'none') return call;
  if (value === '') throw new Refusal('not_authed');
  const isApps = value === state.appToken;
  if (auth === 'app') {
    if (isApps) return call;
    throw new Refusal(state.tokens.has(value) ? 'not_allowed_token_type' : 'invalid_auth');
  }
  if (isApps) throw new Refusal('not_allowed_token_type');
  const token = goodToken(state, value);
  return { ...call, token, installation: token.installation };
}

function goodToken(state: State, value: string): Token {
  const token = state.tokens.get(value);
  if (token?.kind !== 'bot') throw new Refusal('invalid_auth');
  if (!token.installation.isActive) throw new Refusal('account_inactive');
  if (token.isRevoked) throw new Refusal('token_revoked');
  if (token.expiresAt !== null && state.now() >= token.expiresAt) throw new Refusal('token_expired');
  return token;
}

/** The token behind a request for a file; null when it is none that works. */
export function tokenOf(state: State, value: string): Token | null {
  try {
    return goodToken(state, value);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

function requireAll({ installation, body }: Call, { scope, required = [] }: Method): void {
  if (scope && !installation.scopes.has(scope)) throw missingScope(scope, installation.scopes);
  const missing = required.filter((name) => body[name] === undefined || body[name] === '');
  if (missing.length > 0) {
    throw complaint(
      'invalid_arguments',
      missing.map((name) => `missing required field: ${name}`),
    );
  }
}

function workspaceOf({ installation }: Call, { auth }: Method): string {
  return auth === 'bot' ? (installation.teamId ?? installation.enterpriseId ?? '') : '';
}
