/** Blocks and elements as they should be, to be spoiled by tests. */

type Form = Record<string, unknown>;

export const x = (length: number) => 'x'.repeat(length);
export const plain = (text = 'a', more: Form = {}) => ({ type: 'plain_text', text, ...more });
export const mrkdwn = (text = 'a', more: Form = {}) => ({ type: 'mrkdwn', text, ...more });
export const times = <Item>(count: number, make: (index: number) => Item) =>
  Array.from({ length: count }, (_, n) => make(n));

export const section = (more: Form = {}) => ({ type: 'section', text: mrkdwn(), ...more });
export const button = (more: Form = {}) => ({ type: 'button', text: plain(), ...more });
export const actions = (...elements: unknown[]) => ({ type: 'actions', elements });
export const option = (value = 'v', more: Form = {}) => ({ text: plain(), value, ...more });
export const options = (count: number) => times(count, (n) => option(`${n}`));
export const select = (more: Form = {}) => ({ type: 'static_select', options: options(2), ...more });
export const multi = (more: Form = {}) => ({ type: 'multi_static_select', options: options(3), ...more });
export const input = (element: Form, more: Form = {}) => ({ type: 'input', label: plain(), element, ...more });
export const written = (more: Form = {}) => ({ type: 'plain_text_input', ...more });
export const number = (more: Form = {}) => ({ type: 'number_input', is_decimal_allowed: false, ...more });
export const image = (more: Form = {}) => ({
  type: 'image',
  alt_text: 'a',
  image_url: 'https://a.example/a.png',
  ...more,
});
const opinion = { text: plain(), value: 'a' };
export const feedback = { type: 'feedback_buttons', positive_button: opinion, negative_button: opinion };
export const contextActions = (...elements: unknown[]) => ({ type: 'context_actions', elements });
export const markdown = (text = 'a') => ({ type: 'markdown', text });
export const rich = (...elements: unknown[]) => ({ type: 'rich_text', elements });
export const said = (...elements: unknown[]) => ({ type: 'rich_text_section', elements });
export const cell = (text = 'a') => ({ type: 'raw_text', text });
export const table = (rows = 1, columns = 1, text = 'a') => ({
  type: 'table',
  rows: times(rows, () => times(columns, () => cell(text))),
});
export const task = (more: Form = {}) => ({ type: 'task_card', task_id: 't', title: 'a', status: 'pending', ...more });
export const confirm = (more: Form = {}) => ({ text: plain(), ...more });
