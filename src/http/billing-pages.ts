import { Hono } from 'hono';
import { html } from 'hono/html';
import { type Logger, seldom } from '../log.ts';

/** What a browser shows on its way back from Stripe: one sentence, and what to do next. */

/** To be mounted at this path. */
export const BILLING_PAGES_PATH = '/billing';

/** As Stripe makes them. Anybody may write anything in an address. */
const SESSION = /^cs_\w{1,250}$/;

export interface BillingPagesDeps {
  /** Told of somebody who comes back from paying, once for each time that the page is shown. It may fail. */
  onDone(sessionId: string): Promise<void>;
  log: Pick<Logger, 'warn'>;
}

export function billingPages({ onDone, log }: BillingPagesDeps): Hono {
  const warn = seldom(log, 'somebody came back from paying, and that could not be looked into at once');
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    context.header('Cache-Control', 'no-store');
    // The address of the page names the session.
    context.header('Referrer-Policy', 'no-referrer');
    context.header('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  });
  app.get('/done', (context) => {
    const session = context.req.query('session') ?? '';
    // The page does not wait for it: Stripe tells us by itself too.
    if (SESSION.test(session)) tell(onDone, session).catch(warn);
    return context.html(
      page('Thank you: you have subscribed.', 'Your server has its new plan within a minute. You may close this page.'),
    );
  });
  app.get('/back', (context) =>
    context.html(
      page('All is as you left it at Stripe.', 'Your server follows within a minute. You may close this page.'),
    ),
  );
  app.get('/canceled', (context) =>
    context.html(
      page('Nothing was bought, and nothing is charged.', 'You may close this page, and begin again at any time.'),
    ),
  );
  return app;
}

/** What is thrown at once is a rejection too. */
async function tell(onDone: BillingPagesDeps['onDone'], session: string): Promise<void> {
  await onDone(session);
}

function page(sentence: string, advice: string) {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Threadtutor: ${sentence}</title>
<style>body { font: 1.1em sans-serif; margin: 4em auto; max-width: 32em; padding: 0 1em }</style>
</head>
<body>
<main>
<h1>Threadtutor</h1>
<p>${sentence}</p>
<p>${advice}</p>
</main>
</body>
</html>
`;
}
