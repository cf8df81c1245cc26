/** App Homes and modals: what they hold, and who may open them. */
import type { Installation } from './installations.ts';
import { Refusal } from './refusals.ts';
import type { Json, State, Trigger, View } from './state.ts';

const TRIGGER_MS = 3_000;
const MAX_STACK = 3;

/** Uses up a trigger id; throws for one that is unknown, used or older than three seconds. */
export function useTrigger(state: State, id: string, installation: Installation): Trigger {
  const trigger = state.triggers.get(id);
  if (!trigger || !coversTeam(state, installation, trigger.teamId)) throw new Refusal('invalid_trigger_id');
  if (trigger.isUsed) throw new Refusal('exchanged_trigger_id');
  if (state.now() - trigger.issuedAt > TRIGGER_MS) throw new Refusal('expired_trigger_id');
  trigger.isUsed = true;
  return trigger;
}

function coversTeam(state: State, { teamId, enterpriseId }: Installation, id: string): boolean {
  return teamId === null ? state.teams.get(id)?.enterpriseId === enterpriseId : teamId === id;
}

export interface NewView {
  type: View['type'];
  teamId: string;
  userId: string;
  installation: Installation;
  content: Json;
  triggerId: string | null;
  /** The modal that it is laid upon. */
  below?: View;
}

export function addView(state: State, { below, ...options }: NewView): View {
  if (below && stackOf(state, below).length >= MAX_STACK) throw new Refusal('push_limit_reached');
  const id = state.ids.next('V');
  const view: View = {
    ...{ id, hash: nextHash(state), rootId: below?.rootId ?? id, previousId: below?.id ?? null, isOpen: true },
    ...options,
  };
  state.views.set(id, view);
  return view;
}

/** The open modals on top of each other, lowest first. */
export function stackOf(state: State, { rootId }: View): View[] {
  return [...state.views.values()].filter((view) => view.rootId === rootId && view.isOpen);
}

export function replaceContent(state: State, view: View, content: Json): void {
  view.content = content;
  view.hash = nextHash(state);
}

function nextHash(state: State): string {
  return `${Math.floor(state.now() / 1000)}.${state.ids.secret().slice(0, 8)}`;
}

/** A person's App Home as it was last published; a new one replaces it. */
export function homeOf(state: State, installation: Installation, userId: string): View | undefined {
  return [...state.views.values()].find(
    (view) => view.type === 'home' && view.userId === userId && view.installation === installation,
  );
}

/** As it goes into answers and payloads; `values` is what a person filled in. */
export function viewWire(state: State, view: View, values: Json = {}): Json {
  const { id, type, teamId, content, hash, rootId, previousId, installation } = view;
  return {
    ...{ id, team_id: teamId, type, ...content, hash, root_view_id: rootId, previous_view_id: previousId },
    private_metadata: content.private_metadata ?? '',
    callback_id: content.callback_id ?? '',
    external_id: content.external_id ?? '',
    clear_on_close: content.clear_on_close ?? false,
    notify_on_close: content.notify_on_close ?? false,
    state: { values },
    ...{ app_id: state.appId, bot_id: installation.botId, app_installed_team_id: installation.teamId ?? teamId },
  };
}
