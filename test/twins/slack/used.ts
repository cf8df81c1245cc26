/** What a person holds after using the app: how it was acknowledged, what it showed them, and a window to fill in. */
import type { Given } from './elements.ts';
import { type Acknowledgement, type Interaction, interact, interactionBase, triggerFor } from './interactions.ts';
import { type ShownMessage, showEphemeral } from './shown.ts';
import type { Json, State, View } from './state.ts';
import { viewWire } from './views.ts';
import { blocksOfView, closeAll, fillIn, openModal, type ShownView, showView, valuesIn } from './views-in-use.ts';

export interface Used {
  /** What the app was sent. */
  payload: Json;
  triggerId: string;
  /** How the app took it; without one in three seconds the person sees an error. */
  acknowledged: Promise<Acknowledgement>;
  /** What only they were shown since, as it is now, oldest first. */
  replies(): ShownMessage[];
  /** The modal that they have before them; null when there is none. */
  view(): ShownView | null;
  /**
   * Fills in that modal, by labels or action ids, and submits it: what is left out keeps its value. Throws for what
   * Slack's window would not take.
   */
  submits(fields?: Record<string, Given>): Used;
  /** Closes that modal: back to the one below, or out of all where the app wants it so. Null: the app is not told. */
  closes(): Used | null;
}

export function usedOf(state: State, interaction: Interaction): Used {
  const { user, payload, triggerId, acknowledged, before } = interaction;
  return {
    ...{ payload, triggerId, acknowledged },
    replies: () =>
      state.ephemerals
        .slice(before)
        .filter((each) => each.userId === user.id && !each.deleted)
        .map((each) => showEphemeral(state, each)),
    view() {
      const view = openModal(state, user.id);
      return view && showView(view);
    },
    submits(fields = {}) {
      const view = openOf(state, user.id);
      fillIn(view, fields);
      return usedOf(state, submit(state, view));
    },
    closes() {
      const view = openOf(state, user.id);
      const isCleared = view.content.clear_on_close === true;
      const closed = view.content.notify_on_close === true ? close(state, view, isCleared) : null;
      if (isCleared) closeAll(state, view);
      view.isOpen = false;
      return closed && usedOf(state, closed);
    },
  };
}

function openOf(state: State, userId: string): View {
  const view = openModal(state, userId);
  if (!view) throw new Error('no modal is open');
  return view;
}

function doingIn(state: State, view: View) {
  const user = state.users.get(view.userId);
  if (!user) throw new Error(`the twin knows no ${view.userId}`);
  return { user, installation: view.installation, channel: null, view };
}

function submit(state: State, view: View): Interaction {
  const doing = doingIn(state, view);
  return interact(state, doing, 'interactive', {
    type: 'view_submission',
    ...interactionBase(state, doing),
    trigger_id: triggerFor(state, doing).id,
    view: viewWire(state, view, valuesIn(view, view.userId, blocksOfView(view))),
    response_urls: [],
  });
}

function close(state: State, view: View, isCleared: boolean): Interaction {
  const doing = doingIn(state, view);
  return interact(state, doing, 'interactive', {
    type: 'view_closed',
    ...interactionBase(state, doing),
    view: viewWire(state, view, valuesIn(view, view.userId, blocksOfView(view))),
    is_cleared: isCleared,
  });
}
