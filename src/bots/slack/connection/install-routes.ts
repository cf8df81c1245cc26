import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type CallbackOptions, ErrorCode, type Installation, type InstallationStore } from '@slack/oauth';
import { type Context, Hono } from 'hono';
import type { SlackOAuthConfig } from '../../../config/slack.ts';
import { installedPage, installPage, type Page, type Problem, problemPage } from './install-pages.ts';
import { openProvider, type ProviderOptions } from './provider.ts';

export interface InstallRoutesOptions extends ProviderOptions {
  oauth: Pick<SlackOAuthConfig, 'clientId' | 'clientSecret' | 'publicUrl'>;
  store: InstallationStore;
  /** What the app asks to be allowed. */
  scopes: readonly string[];
  /** It is stored by then. What goes wrong in here does not undo it. */
  onInstalled(installation: Installation): unknown;
}

const INSTALL_PATH = '/slack/install';
const REDIRECT_PATH = '/slack/oauth_redirect';

/** Where people install the app in their workspace: a page with a button, and the way back from Slack. */
export function installRoutes(options: InstallRoutesOptions): Hono {
  const { scopes, oauth, store } = options;
  const provider = openProvider(options, store, {
    // What goes wrong is logged by the callback below.
    errorsAt: 'debug',
    renderHtmlForInstallPath: (url) => installPage(url).html,
  });
  const asked = { scopes: [...scopes], redirectUri: `${oauth.publicUrl}${REDIRECT_PATH}` };
  const callbacks = callbackOptions(options);
  const app = new Hono();
  app.get(INSTALL_PATH, async ({ env }: Context<{ Bindings: HttpBindings }>) => {
    const { incoming, outgoing } = hardened(env);
    await provider.handleInstallPath(incoming, outgoing, {}, asked);
    return RESPONSE_ALREADY_SENT;
  });
  app.get(REDIRECT_PATH, async ({ env }: Context<{ Bindings: HttpBindings }>) => {
    const { incoming, outgoing } = hardened(env);
    await provider.handleCallback(incoming, outgoing, callbacks, asked);
    return RESPONSE_ALREADY_SENT;
  });
  return app;
}

function callbackOptions({ log, onInstalled, oauth }: InstallRoutesOptions): CallbackOptions {
  return {
    async successAsync(installation, _, __, response) {
      try {
        await onInstalled(installation);
      } catch (error) {
        log.error({ err: error }, 'what follows an installation in Slack failed');
      }
      show(response, installedPage(installation));
    },
    failure(error, _, request, response) {
      const problem = problemOf(error.code, request);
      const facts = { problem, code: error.code, reason: error.message };
      log[problem === 'slack' ? 'warn' : 'info'](facts, 'the app was not installed in Slack');
      show(response, problemPage(problem, `${oauth.publicUrl}${INSTALL_PATH}`));
    },
  };
}

function problemOf(code: string, { url = '' }: IncomingMessage): Problem {
  if (new URL(url, 'http://here').searchParams.get('error') === 'access_denied') return 'cancelled';
  if (code === ErrorCode.InvalidStateError || code === ErrorCode.MissingStateError) return 'state';
  return code === ErrorCode.MissingCodeError ? 'code' : 'slack';
}

/**
 * Node's own request and answer, which Slack's library wants. The address has a code and a state in it: it is neither
 * kept nor told to the page that comes next.
 */
function hardened({ incoming, outgoing }: HttpBindings): Pick<HttpBindings, 'incoming' | 'outgoing'> {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
  outgoing.setHeader('Cache-Control', 'no-store');
  outgoing.setHeader('Referrer-Policy', 'no-referrer');
  outgoing.setHeader('X-Content-Type-Options', 'nosniff');
  outgoing.setHeader('Content-Security-Policy', policy);
  return { incoming, outgoing };
}

function show(response: ServerResponse, { status, html }: Page): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8' });
  response.end(html);
}
