import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type App, HTTPReceiver } from '@slack/bolt';
import { Hono } from 'hono';
import type { Logger } from '../../../log.ts';
import type { Take } from './app.ts';
import { quietLogger } from './clients.ts';

/** Where Slack posts what happens, for those who do not use Socket Mode. */

const EVENTS_PATH = '/slack/events';
/** Larger than anything that Slack sends. */
const BODY_BYTES = 1024 * 1024;

/** Bolt's receiver looks at signatures and bodies; the server is ours. */
export function eventRoutes(take: Take, signingSecret: string, log: Logger): Hono {
  const receiver = new HTTPReceiver({
    signingSecret,
    endpoints: [EVENTS_PATH],
    bodyLimit: BODY_BYTES,
    logger: quietLogger(log),
    // Slack asks again for what was not acknowledged, and so is given no answer that it could take for one.
    async processEventErrorHandler({ error, response }) {
      // It was taken in later than Slack waits for, so that the acknowledgement came too late.
      if (response.headersSent) return false;
      log.warn({ err: error }, 'what Slack told could not be taken in; it tells it again');
      response.writeHead(503).end();
      return false;
    },
    unhandledRequestHandler({ response }) {
      log.warn('what Slack told is not taken in yet; it tells it again');
      if (!response.headersSent) response.writeHead(503).end();
    },
  });
  receiver.init({ processEvent: take } as App);
  const routes = new Hono();
  routes.post(EVENTS_PATH, async ({ env }) => {
    const { incoming, outgoing } = env as HttpBindings;
    receiver.requestListener(incoming, outgoing);
    return RESPONSE_ALREADY_SENT;
  });
  return routes;
}
