import type { Installation } from '@slack/oauth';
import { html } from 'hono/html';

/** What a browser shows while the app is installed: one sentence, and what to do next. Pure. */

export interface Page {
  status: number;
  html: string;
}

export type Problem = 'cancelled' | 'state' | 'code' | 'slack';

export function installPage(url: string): Page {
  return page(200, 'Threadtutor teaches in threads and direct messages of your Slack.', '', {
    url,
    text: 'Add to Slack',
  });
}

export function installedPage({
  isEnterpriseInstall,
  team,
  enterprise,
  enterpriseUrl,
  appId = '',
}: Installation): Page {
  if (isEnterpriseInstall) {
    const url = `${enterpriseUrl}manage/organization/apps/profile/${appId}/workspaces/add`;
    const sentence = `Threadtutor is installed for ${enterprise?.name ?? 'your organisation'}.`;
    return page(200, sentence, 'Now choose the workspaces that it is to teach in.', { url, text: 'Choose workspaces' });
  }
  const url = `https://slack.com/app_redirect?${new URLSearchParams({ app: appId, team: team?.id ?? '' })}`;
  const sentence = `Threadtutor is installed in ${team?.name ?? 'your workspace'}.`;
  return page(200, sentence, 'Write it a direct message to begin a lesson.', { url, text: 'Open Slack' });
}

/** `again`: where it can be tried once more. */
export function problemPage(problem: Problem, again: string): Page {
  const { status, sentence, advice } = PROBLEMS[problem];
  return page(status, sentence, advice, { url: again, text: 'Try again' });
}

const PROBLEMS: Record<Problem, { status: number; sentence: string; advice: string }> = {
  cancelled: {
    status: 400,
    sentence: 'Nothing was installed, since it was cancelled in Slack.',
    advice: 'You can begin again at any time.',
  },
  state: {
    status: 400,
    sentence: 'Nothing was installed: this was begun in another browser, or more than ten minutes ago.',
    advice: 'Begin again, and finish in the same browser.',
  },
  code: {
    status: 400,
    sentence: 'Nothing was installed: this page is only for the way back from Slack.',
    advice: 'Begin on the page before it.',
  },
  slack: {
    status: 502,
    sentence: 'Nothing was installed: it could not be completed with Slack.',
    advice: 'Try again in a moment. If that does not help, tell whoever runs Threadtutor for you.',
  },
};

function page(status: number, sentence: string, advice: string, link: { url: string; text: string }): Page {
  const text = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Threadtutor in Slack</title>
<style>body { font: 1.1em sans-serif; margin: 4em auto; max-width: 32em; padding: 0 1em }</style>
</head>
<body>
<h1>Threadtutor in Slack</h1>
<p>${sentence}</p>
<p>${advice}</p>
<p><a href="${link.url}">${link.text}</a></p>
</body>
</html>
`;
  return { status, html: String(text) };
}
