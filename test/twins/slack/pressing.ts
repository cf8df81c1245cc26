/** Buttons and menus that people press: on messages, in modals and in the App Home, and only what is there now. */
import { readsChannel } from './channels.ts';
import { chosen, elementsOf, type Found, filledValue, initialValue, optionsOf, wordsOf } from './elements.ts';
import {
  type Doing,
  type Interaction,
  installationFor,
  interact,
  interactionBase,
  nextActionTs,
  responseUrlFor,
  triggerFor,
} from './interactions.ts';
import { ephemeralAt } from './responses.ts';
import { type Json, messageAt, type State, type User } from './state.ts';
import { viewWire } from './views.ts';
import { blocksOfView, remember, valuesIn } from './views-in-use.ts';
import { messageWire } from './wire.ts';

/** A message, as the twin shows it or Slack's methods answer it. */
export interface MessageAt {
  ts: string;
  channelId: string;
}

/** A modal or an App Home. */
export interface ViewAt {
  id: string;
}

interface Place {
  /** What keeps the state of its elements. */
  holder: object;
  blocks: readonly Json[];
  doing: Doing;
  /** What a payload says of it. */
  wire(): Json;
}

export function press(state: State, user: User, at: MessageAt | ViewAt, name: string, option?: string): Interaction {
  const place = 'ts' in at ? messagePlace(state, user, at) : viewPlace(state, user, at);
  const { found, action } = actionOf(place.blocks, name, option);
  const value = initialValue(found) && keptOf(found, action);
  if (value) remember(place.holder, user.id, found, value);
  const { doing } = place;
  return interact(state, doing, 'interactive', {
    type: 'block_actions',
    ...interactionBase(state, doing),
    trigger_id: triggerFor(state, doing).id,
    ...place.wire(),
    ...(doing.channel && { response_url: responseUrlFor(state, doing) }),
    actions: [{ ...action, action_ts: nextActionTs(state) }],
  });
}

function messagePlace(state: State, user: User, { ts, channelId }: MessageAt): Place {
  const channel = state.channels.get(channelId);
  const ephemeral = ephemeralAt(state, user.id, channelId, ts);
  const message = channel && messageAt(channel, ts);
  const holder = ephemeral ?? message;
  if (!channel || !holder || !readsChannel(state, user.id, channel)) {
    throw new Error(`${user.name} sees no message ${ts} in ${channelId}`);
  }
  const { blocks, botId, threadTs } = holder;
  const author = [...state.installations].find((installation) => installation.botId === botId);
  const doing = { user, installation: author ?? installationFor(state, user, channel), channel, messageTs: ts };
  return {
    ...{ holder, blocks, doing },
    wire: () => ({
      container: {
        ...{ type: 'message', message_ts: ts, channel_id: channelId, is_ephemeral: ephemeral !== undefined },
        ...(threadTs !== null && { thread_ts: threadTs }),
      },
      // Of an ephemeral message Slack says only where it was.
      ...(!ephemeral && message && { message: messageWire(state, message) }),
      state: { values: valuesIn(holder, user.id, blocks) },
    }),
  };
}

function viewPlace(state: State, user: User, { id }: ViewAt): Place {
  const view = state.views.get(id);
  if (!view?.isOpen || view.userId !== user.id) throw new Error(`${user.name} sees no view ${id}`);
  const blocks = blocksOfView(view);
  return {
    ...{ holder: view, blocks, doing: { user, installation: view.installation, channel: null, view } },
    wire: () => ({
      container: { type: 'view', view_id: id },
      view: viewWire(state, view, valuesIn(view, user.id, blocks)),
    }),
  };
}

interface Pressed {
  found: Found;
  action: Json;
}

/** The element by its action id, or by what stands on it or on one of its options. */
function actionOf(blocks: readonly Json[], name: string, option: string | undefined): Pressed {
  // What is in an input waits for the window to be submitted, unless it is told not to.
  const elements = elementsOf(blocks).filter(({ isInput, dispatches }) => !isInput || dispatches);
  const byId = elements.find(({ actionId }) => actionId === name);
  if (byId) return { found: byId, action: actionWith(byId, option) };
  for (const found of elements) {
    if (option !== undefined && found.label === name) return { found, action: actionWith(found, option) };
    if (namesOn(found).includes(name)) return { found, action: actionWith(found, name) };
  }
  throw new Error(`there is nothing "${name}" to press, only: ${elements.flatMap(namesOn).join(', ') || 'nothing'}`);
}

function namesOn(found: Found): string[] {
  const { type, element, label } = found;
  if (type === 'feedback_buttons') return sidesOf(element).map((side) => wordsOf(side.text));
  return isButton(found) ? [label] : optionsOf(found).map((each) => wordsOf(each.text));
}

const isButton = ({ type }: Found) => ['button', 'icon_button', 'workflow_button'].includes(type);

function sidesOf({ positive_button, negative_button }: Json): Json[] {
  return [positive_button, negative_button] as Json[];
}

function actionWith(found: Found, option: string | undefined): Json {
  const { blockId, actionId, type, element } = found;
  const base = { type, action_id: actionId, block_id: blockId };
  if (isButton(found)) {
    const { type: _, action_id: __, accessibility_label: ___, ...rest } = element;
    return { ...rest, ...base };
  }
  if (option === undefined) throw new Error(`of "${actionId}" something has to be chosen: ${namesOn(found)}`);
  if (type === 'feedback_buttons') {
    const side = sidesOf(element).find((each) => wordsOf(each.text) === option || each.value === option);
    if (!side) throw new Error(`"${actionId}" has no button "${option}", only: ${namesOn(found)}`);
    return { ...base, text: side.text, value: side.value };
  }
  if (type === 'overflow') return { ...base, selected_option: chosen(found, option) };
  const { placeholder } = element;
  return { ...base, ...filledValue(found, option), ...(placeholder !== undefined && { placeholder }) };
}

/** What the element holds from now on: the same, without what belongs to the action. */
function keptOf({ type }: Found, action: Json): Json {
  const kept = Object.entries(action).filter(([key]) => key === 'value' || key.startsWith('selected_'));
  return { type, ...Object.fromEntries(kept) };
}
