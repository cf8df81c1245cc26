/** Modals and home tabs: what Slack takes, and what it says where it does not. */
import { z } from 'zod';
import { checkBlocks } from './block-forms.ts';
import { complaintsOf, plainText, text } from './object-forms.ts';
import { focused, hasInputs } from './surface-forms.ts';

const base = {
  // Looked at by checkBlocks.
  blocks: z.array(z.unknown()),
  private_metadata: text(0, 3000).optional(),
  callback_id: text(1, 255).optional(),
  external_id: text(1, 255).optional(),
};

const flag = z.boolean().optional();

const viewForms = {
  home: z.strictObject({ ...base, type: z.literal('home') }),
  modal: z.strictObject({
    ...base,
    type: z.literal('modal'),
    title: plainText(24),
    submit: plainText(24).optional(),
    close: plainText(24).optional(),
    clear_on_close: flag,
    notify_on_close: flag,
    submit_disabled: flag,
  }),
};

/** What Slack complains of, each with its path below '/view'; empty: all is well. */
export function checkView(view: unknown, type: 'modal' | 'home'): string[] {
  const complaints = complaintsOf(viewForms[type], view, '/view');
  if (typeof view !== 'object' || view === null || !('blocks' in view)) return complaints;
  const path = '/view/blocks';
  const isSubmitted = 'submit' in view && view.submit !== undefined;
  if (type === 'modal' && !isSubmitted && hasInputs(view.blocks)) {
    complaints.push('/view/submit: missing required field: a modal with inputs is submitted');
  }
  if (Array.isArray(view.blocks)) complaints.push(...checkBlocks(view.blocks, type, path));
  const [, ...others] = focused(view.blocks, path);
  return [...complaints, ...others.map((at) => `${at}/focus_on_load: only one element may have the focus`)];
}
