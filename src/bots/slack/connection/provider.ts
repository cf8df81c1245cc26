import { type InstallationStore, InstallProvider } from '@slack/oauth';
import type { SlackConfig, SlackOAuthConfig } from '../../../config/slack.ts';
import type { Logger } from '../../../log.ts';
import { clientOptions, quietLogger } from './clients.ts';
import { derive } from './encryption.ts';

export interface ProviderOptions {
  oauth: Pick<SlackOAuthConfig, 'clientId' | 'clientSecret'>;
  apiUrl: SlackConfig['apiUrl'];
  log: Logger;
}

/** Slack's OAuth library over a store. Every process derives the same secret, and so knows the others' states. */
export function openProvider(
  { oauth: { clientId, clientSecret }, apiUrl, log }: ProviderOptions,
  installationStore: InstallationStore,
  {
    errorsAt,
    renderHtmlForInstallPath,
  }: { errorsAt: 'debug' | 'warn'; renderHtmlForInstallPath?: (url: string) => string },
): InstallProvider {
  const { logger: _, ...options } = clientOptions({ apiUrl }, log);
  return new InstallProvider({
    clientId,
    clientSecret,
    installationStore,
    stateSecret: derive(clientSecret, 'threadtutor/slack/oauth-state').toString('hex'),
    clientOptions: options,
    logger: quietLogger(log, errorsAt),
    ...(apiUrl && { authorizationUrl: new URL('/oauth/v2/authorize', apiUrl).href }),
    ...(renderHtmlForInstallPath && { renderHtmlForInstallPath }),
  });
}
