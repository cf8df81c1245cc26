import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { afterEach } from 'vitest';

/** What Slack says of tokens: oauth.v2.access and auth.test. */

export interface Loopback {
  apiUrl: string;
  /** The forms that came, by method. */
  calls(method: string): Record<string, string>[];
  /** Answers from now on wait for it. */
  hold: Promise<unknown>;
  /** What is answered to a renewal; null: as it should be. */
  refusal: string | null;
  isValid(token: string): boolean;
  issue(): { access_token: string; refresh_token: string; expires_in: number };
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

export async function openLoopback(): Promise<Loopback> {
  const calls: { method: string; form: Record<string, string> }[] = [];
  const tokens = new Set<string>();
  const refreshTokens = new Set<string>();
  let count = 0;
  const loopback: Loopback = {
    apiUrl: '',
    calls: (method) => calls.filter((call) => call.method === method).map(({ form }) => form),
    hold: Promise.resolve(),
    refusal: null,
    isValid: (token) => tokens.has(token),
    issue() {
      count += 1;
      const pair = { access_token: `xoxe.xoxb-1-secret${count}`, refresh_token: `xoxe-1-secret${count}` };
      tokens.add(pair.access_token);
      refreshTokens.add(pair.refresh_token);
      return { ...pair, expires_in: 43_200 };
    },
  };
  const app = new Hono();
  app.post('/api/oauth.v2.access', async (context) => {
    const form = Object.fromEntries(new URLSearchParams(await context.req.text()));
    calls.push({ method: 'oauth.v2.access', form });
    await loopback.hold;
    const isKnown = refreshTokens.delete(form.refresh_token ?? '');
    if (loopback.refusal || !isKnown)
      return context.json({ ok: false, error: loopback.refusal ?? 'invalid_refresh_token' });
    return context.json({ ok: true, token_type: 'bot', ...loopback.issue() });
  });
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  loopback.apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
  return loopback;
}
