import type { App, ViewSubmitAction } from '@slack/bolt';
import type { Bot } from '../bot.ts';
import { onAction, onCommand, onForm, onShortcut } from '../interactions/interactions.ts';
import { installationIn } from './context.ts';
import { COMMAND, SHORTCUTS } from './uses.ts';

/** Commands, shortcuts, presses and forms. What comes from where the app is not installed any more is let go. */

const ANY = /./;

export function registerInteractions(app: App, bot: Bot): void {
  app.command(COMMAND, async (args) => {
    const installation = installationIn(args.context);
    if (installation) await onCommand(bot, installation, args);
  });
  app.shortcut(SHORTCUTS.askAbout, async (args) => {
    const installation = installationIn(args.context);
    if (installation) await onShortcut(bot, installation, args);
  });
  app.shortcut(SHORTCUTS.startLesson, async (args) => {
    const installation = installationIn(args.context);
    if (installation) await onShortcut(bot, installation, args);
  });
  app.action({ type: 'block_actions', action_id: ANY }, async (args) => {
    const installation = installationIn(args.context);
    if (installation) await onAction(bot, installation, args);
  });
  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id: ANY }, async (args) => {
    const installation = installationIn(args.context);
    if (installation) await onForm(bot, installation, args);
  });
}
