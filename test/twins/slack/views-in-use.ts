/** Windows as a person has them before them: what is open, what they filled in, and what an answer makes of it. */

import { named } from './drafts.ts';
import { elementsOf, type Found, filledValue, type Given, initialValue, isEmpty, wordsOf } from './elements.ts';
import type { Json, State, View } from './state.ts';
import { checkView } from './view-forms.ts';
import { addView, replaceContent, stackOf } from './views.ts';

export interface ShownView {
  id: string;
  type: View['type'];
  title: string;
  callbackId: string;
  privateMetadata: string;
  blocks: readonly Json[];
  /** What stands on the button that submits; null without one. */
  submit: string | null;
  /** By block id: what the app did not take. */
  errors: Record<string, string>;
  /** As they would be submitted now. */
  values: Json;
}

/** What people put into elements of views and messages, by person, block and action. It outlives an update. */
const filled = new WeakMap<object, Map<string, Json>>();
const refused = new WeakMap<View, Record<string, string>>();

const keyOf = (userId: string, { blockId, actionId }: Found) => JSON.stringify([userId, blockId, actionId]);

export function remember(holder: object, userId: string, found: Found, value: Json): void {
  const values = filled.get(holder) ?? new Map<string, Json>();
  filled.set(holder, values.set(keyOf(userId, found), value));
}

function valueIn(holder: object, userId: string, found: Found): Json | null {
  const kept = filled.get(holder)?.get(keyOf(userId, found));
  return kept?.type === found.type ? kept : initialValue(found);
}

/** `state.values` of a payload: every element that keeps something. */
export function valuesIn(holder: object, userId: string, blocks: readonly Json[]): Json {
  const values: Record<string, Json> = {};
  for (const found of elementsOf(blocks)) {
    const value = valueIn(holder, userId, found);
    if (value) values[found.blockId] = { ...values[found.blockId], [found.actionId]: value };
  }
  return values;
}

export function blocksOfView({ content }: View): Json[] {
  return (content.blocks ?? []) as Json[];
}

/** The modal on top of what a person has open; null when none is. */
export function openModal(state: State, userId: string): View | null {
  const open = [...state.views.values()].filter((view) => view.type === 'modal' && view.isOpen);
  return open.findLast((view) => view.userId === userId) ?? null;
}

export function showView(view: View): ShownView {
  const { id, type, content } = view;
  return {
    ...{ id, type, title: wordsOf(content.title), blocks: blocksOfView(view) },
    callbackId: String(content.callback_id ?? ''),
    privateMetadata: String(content.private_metadata ?? ''),
    submit: content.submit ? wordsOf(content.submit) : null,
    errors: refused.get(view) ?? {},
    values: valuesIn(view, view.userId, blocksOfView(view)),
  };
}

/**
 * A person fills the fields in, by label or action id, and presses the button that submits. Throws for what the window
 * would not let them do.
 */
export function fillIn(view: View, fields: Record<string, Given>): void {
  const inputs = elementsOf(blocksOfView(view)).filter((found) => initialValue(found) !== null);
  for (const [name, given] of Object.entries(fields)) {
    const found = inputs.find((each) => each.actionId === name) ?? inputs.find((each) => each.label === name);
    if (!found) throw new Error(`the window has no field "${name}", only: ${inputs.map(({ label }) => label)}`);
    remember(view, view.userId, found, filledValue(found, given));
  }
  if (!view.content.submit) throw new Error('the window has nothing to submit it with');
  const missing = inputs.find((each) => each.isRequired && isEmpty(valueIn(view, view.userId, each) ?? {}));
  if (missing) throw new Error(`"${missing.label}" has to be filled in`);
  refused.delete(view);
}

/** What the app's answer does to the window; what Slack says when it cannot use it, or null. */
export function applyAnswer(state: State, view: View, answer: unknown): 'invalid_response' | null {
  const { response_action: action, ...rest } = (answer ?? {}) as Json;
  switch (action) {
    case undefined:
      view.isOpen = false;
      return null;
    case 'clear':
      closeAll(state, view);
      return null;
    case 'errors':
      return showErrors(state, view, rest.errors);
    case 'update':
    case 'push': {
      const content = contentOf(state, rest.view);
      if (!content) return 'invalid_response';
      const { teamId, userId, installation } = view;
      if (action === 'update') replaceContent(state, view, content);
      else addView(state, { type: 'modal', teamId, userId, installation, content, triggerId: null, below: view });
      return null;
    }
    default:
      state.violations.push(`no response_action: ${action}`);
      return 'invalid_response';
  }
}

export function closeAll(state: State, view: View): void {
  for (const each of stackOf(state, view)) each.isOpen = false;
}

/** Every error belongs to an input of the window, or Slack shows none of them. */
function showErrors(state: State, view: View, errors: unknown): 'invalid_response' | null {
  const entries = Object.entries((errors ?? {}) as Json);
  const inputs = new Set(elementsOf(blocksOfView(view)).flatMap((found) => (found.isInput ? [found.blockId] : [])));
  const stray = entries.find(([blockId, words]) => !inputs.has(blockId) || typeof words !== 'string' || words === '');
  if (stray || entries.length === 0) {
    state.violations.push(`errors for a window without such an input: ${JSON.stringify(errors)}`);
    return 'invalid_response';
  }
  refused.set(view, Object.fromEntries(entries) as Record<string, string>);
  return null;
}

function contentOf(state: State, view: unknown): Json | null {
  const complaints = checkView(view, 'modal');
  if (complaints.length > 0) {
    state.violations.push(`an answer with a view that is none: ${complaints.join('; ')}`);
    return null;
  }
  const content = view as Json;
  return { ...content, blocks: named(state, content.blocks as Json[]) };
}
