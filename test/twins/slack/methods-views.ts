/** Methods of App Homes and modals. */
import { type Call, isAtHome, jsonOf, type Methods, textOf } from './calls.ts';
import { isObject, named } from './drafts.ts';
import { complaint, Refusal } from './refusals.ts';
import type { Json, View } from './state.ts';
import { checkView } from './view-forms.ts';
import { addView, homeOf, replaceContent, useTrigger, viewWire } from './views.ts';

const MAX_VIEW_BYTES = 250_000;

export const viewMethods: Methods = {
  'views.open': {
    ...{ tier: 't4', auth: 'bot', required: ['view', 'trigger_id'] },
    handle(call) {
      const content = contentOf(call, 'modal');
      const trigger = useTrigger(call.state, textOf(call, 'trigger_id'), call.installation);
      const { userId, teamId, id: triggerId } = trigger;
      const { state, installation } = call;
      const view = addView(state, { type: 'modal', userId, teamId, installation, content, triggerId });
      return { view: viewWire(state, view) };
    },
  },
  'views.push': {
    ...{ tier: 't4', auth: 'bot', required: ['view', 'trigger_id'] },
    handle(call) {
      const content = contentOf(call, 'modal');
      const { state, installation } = call;
      const { userId, teamId, id: triggerId, viewId } = useTrigger(state, textOf(call, 'trigger_id'), installation);
      const below = viewId === null ? undefined : state.views.get(viewId);
      if (!below?.isOpen) throw new Refusal('not_found');
      const view = addView(state, { type: 'modal', userId, teamId, installation, content, triggerId, below });
      return { view: viewWire(state, view) };
    },
  },
  'views.update': {
    ...{ tier: 't4', auth: 'bot', required: ['view'] },
    handle(call) {
      const view = viewOf(call);
      const content = contentOf(call, view.type);
      requireHash(call, view);
      replaceContent(call.state, view, content);
      return { view: viewWire(call.state, view) };
    },
  },
  'views.publish': {
    ...{ tier: 't4', auth: 'bot', required: ['view', 'user_id'] },
    handle(call) {
      const { state, installation } = call;
      const user = state.users.get(textOf(call, 'user_id'));
      if (!user || user.isBot || !isAtHome(state, installation, user)) throw new Refusal('user_not_found');
      const content = contentOf(call, 'home');
      const there = homeOf(state, installation, user.id);
      if (there) requireHash(call, there);
      if (there) replaceContent(state, there, content);
      const { id: userId, teamId } = user;
      const view = there ?? addView(state, { type: 'home', userId, teamId, installation, content, triggerId: null });
      return { view: viewWire(state, view) };
    },
  },
};

/** An open modal or a home of this installation, by its id or by the app's own. */
function viewOf(call: Call): View {
  const { state, installation } = call;
  const [id, externalId] = [textOf(call, 'view_id'), textOf(call, 'external_id')];
  if (id === '' && externalId === '') {
    throw complaint('invalid_arguments', ['missing required field: view_id']);
  }
  const isIt = (view: View) => (id === '' ? view.content.external_id === externalId : view.id === id);
  const view = [...state.views.values()].find(
    (each) => each.isOpen && each.installation === installation && isIt(each),
  );
  if (!view) throw new Refusal('not_found');
  return view;
}

function requireHash(call: Call, view: View): void {
  const hash = textOf(call, 'hash');
  if (hash !== '' && hash !== view.hash) throw new Refusal('hash_conflict');
}

/** Throws for what Slack does not show; `response_metadata.messages` says where it is wrong. */
function contentOf(call: Call, type: View['type']): Json {
  const sent = jsonOf(call, 'view', 'invalid_arguments');
  const problems = checkView(sent, type);
  if (problems.length > 0 || !isObject(sent)) throw complaint('invalid_arguments', problems);
  const content = { ...sent, blocks: named(call.state, sent.blocks as Json[]) };
  if (Buffer.byteLength(JSON.stringify(content)) > MAX_VIEW_BYTES) throw new Refusal('view_too_large');
  return content;
}
