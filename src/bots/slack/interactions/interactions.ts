import type {
  BlockAction,
  GlobalShortcut,
  MessageShortcut,
  RespondFn,
  SlackCommandMiddlewareArgs,
  ViewSubmitAction,
} from '@slack/bolt';
import { UserError } from '../../../errors.ts';
import type { Bot, Installation } from '../bot.ts';
import { textOf } from '../lessons/text.ts';
import { ADMIN_FORM, onAdminForm } from './admin.ts';
import { onBillingPress } from './billing.ts';
import { onTutorCommand, START, START_ABOUT } from './commands.ts';
import type { Place } from './exchange.ts';
import { contextOf, typedIn } from './forms.ts';
import { onHomePress, republishHome } from './home.ts';
import { HOME } from './home-view.ts';
import { FORGET, forgetFromHome, KEEP, onForgetPress, onWishes, WISHES_FORM } from './mine.ts';
import { type Action, onPress, onWritten, WRITE_FORM } from './presses.ts';
import { onShortcut as takeShortcut } from './shortcuts.ts';
import { startLesson } from './start.ts';
import { onStartForm, openStartForm, START_FORM } from './start-form.ts';
import { type Heard, handle, type Visit } from './visit.ts';

/** Commands, shortcuts, presses and forms, as Slack sends them. Each is acknowledged in time, and none throws. */

/** What Bolt gives with a payload, for it to be answered. */
interface Bolts {
  ack(response?: never): Promise<void>;
  respond?: RespondFn | undefined;
}

type Given = Pick<Heard, 'kind' | 'user' | 'userName' | 'team'> & Partial<Heard>;

function heardBy({ ack, respond }: Bolts, given: Given): Heard {
  // Bolt hands one over also where there is nowhere to respond to.
  const way = given.responseUrl && respond ? respond : null;
  return {
    ...{ place: null, triggerId: null, responseUrl: null, ...given },
    ...{ ack: ack as Heard['ack'], respond: way },
  };
}

export function onCommand(
  bot: Bot,
  installation: Installation,
  args: Pick<SlackCommandMiddlewareArgs, 'command' | 'respond'> & Bolts,
): Promise<void> {
  const { command } = args;
  const heard = heardBy(args, {
    ...{ kind: 'command', user: command.user_id, userName: command.user_name, team: command.team_id },
    ...{ place: { channel: command.channel_id }, triggerId: command.trigger_id, responseUrl: command.response_url },
  });
  const typed = textOf(command.text, installation);
  return handle(bot, installation, heard, (visit) => onTutorCommand(visit, command, typed));
}

export function onShortcut(
  bot: Bot,
  installation: Installation,
  args: { shortcut: GlobalShortcut | MessageShortcut } & Bolts,
): Promise<void> {
  const { shortcut } = args;
  const isOnMessage = shortcut.type === 'message_action';
  const heard = heardBy(args, {
    ...{ kind: 'shortcut', ...whoIn(shortcut), triggerId: shortcut.trigger_id },
    ...(isOnMessage && {
      place: placeOf(shortcut.channel.id, shortcut.message),
      responseUrl: shortcut.response_url,
    }),
  });
  return handle(bot, installation, heard, (visit) => takeShortcut(visit, shortcut));
}

/** Whatever is pressed, anywhere: all of it comes here. */
export function onAction(bot: Bot, installation: Installation, args: { body: BlockAction } & Bolts): Promise<void> {
  const { body } = args;
  const at = body.message ?? { ts: '', thread_ts: body.container.thread_ts };
  const heard = heardBy(args, {
    ...{ kind: 'press', ...whoIn(body), triggerId: body.trigger_id },
    ...(body.channel && { place: placeOf(body.channel.id, at) }),
    ...(body.response_url && { responseUrl: body.response_url }),
  });
  return handle(bot, installation, heard, async (visit) => {
    for (const action of body.actions) await press(visit, body, action);
  });
}

export function onForm(bot: Bot, installation: Installation, args: { body: ViewSubmitAction } & Bolts): Promise<void> {
  const { view } = args.body;
  const context = contextOf(view);
  const heard = heardBy(args, {
    ...{ kind: 'form', ...whoIn(args.body), triggerId: args.body.trigger_id },
    ...{ place: placeIn(context), typed: typedIn(view), field: Object.keys(view.state.values)[0] },
  });
  return handle(bot, installation, heard, async (visit) => {
    switch (view.callback_id) {
      case WRITE_FORM:
        return onWritten(visit, view);
      case START_FORM:
        await onStartForm(visit, view, context);
        return republishHome(visit);
      case WISHES_FORM:
        await onWishes(visit, view);
        return republishHome(visit);
      case ADMIN_FORM:
        await onAdminForm(visit, view);
        return republishHome(visit);
      default:
        throw expired(visit);
    }
  });
}

/** Whoever looks at the message that a thread is on need not have the thread open. */
function placeOf(channel: string, { ts, thread_ts: thread }: { ts?: string; thread_ts?: string }): Place {
  return { channel, ...(thread && thread !== ts && { thread }) };
}

/** Where a form was asked for. */
function placeIn({ channel, thread }: Record<string, unknown>): Place | null {
  if (typeof channel !== 'string') return null;
  return { channel, ...(typeof thread === 'string' && { thread }) };
}

function whoIn({ user }: { user: { id: string; name?: string; username?: string; team_id?: string } }) {
  return { user: user.id, userName: user.name ?? user.username, team: user.team_id };
}

async function press(visit: Visit, body: BlockAction, action: Action): Promise<void> {
  const { exchange, person } = visit;
  const value = 'value' in action ? (action.value ?? '') : '';
  switch (action.action_id) {
    case START:
      return openStartForm(visit, {}, exchange.place?.channel ?? null);
    case START_ABOUT: {
      const id = `press-${person.id}-${action.action_ts}`;
      const channel = exchange.place?.channel ?? null;
      return startLesson(visit, { id, start: { topic: value }, question: null, channel });
    }
    case FORGET:
    case KEEP:
      await onForgetPress(visit, action.action_id === FORGET);
      return republishHome(visit);
    case HOME.forget:
      await forgetFromHome(visit);
      return republishHome(visit);
    default:
      if (await onHomePress(visit, action)) return;
      if (await onPressInBilling(visit, body, action)) return;
      if (await onPress(visit, body, action)) return;
      // What is set down in a form counts when that is sent.
      if (body.view?.type === 'modal') return exchange.ack();
      throw expired(visit);
  }
}

/** Whatever is changed shows in the home, wherever it was pressed. */
async function onPressInBilling(visit: Visit, body: BlockAction, action: Action): Promise<boolean> {
  const done = await onBillingPress(visit, body, action);
  if (done === 'changed') await republishHome(visit);
  return done !== null;
}

function expired({ words }: Visit): UserError {
  return new UserError('expired', words('errors.expired'));
}
