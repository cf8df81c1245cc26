import type {
  ActionsBlockElement,
  ContextActionsBlockElement,
  InputBlockElement,
  KnownBlock,
  SectionBlockAccessory,
} from '@slack/types';
import { describe, expect, test } from 'vitest';
import { checkBlocks } from './slack/block-forms.ts';
import {
  actions,
  button,
  confirm,
  contextActions,
  feedback,
  image,
  input,
  markdown,
  mrkdwn,
  multi,
  option,
  options,
  plain,
  section,
  select,
  table,
  times,
  written,
  x,
} from './slack/samples.ts';
import type { Surface } from './slack/surface-forms.ts';

/** Slack's limits. Both sides of each are tried: what just fits, and one more, which has exactly one complaint. */

/** What is made of so many characters or things, the most that Slack takes, and its complaint about one more. */
const LIMITS: [string, (size: number) => unknown, number, string, Surface?][] = [
  ['text of a section', (n) => section({ text: mrkdwn(x(n)) }), 3000, '/text/text: must be less than 3001 characters'],
  [
    'a field',
    (n) => section({ fields: [mrkdwn(), plain(x(n))] }),
    2000,
    '/fields/1/text: must be less than 2001 characters',
  ],
  ['fields', (n) => section({ fields: times(n, () => mrkdwn()) }), 10, '/fields: no more than 10 items allowed'],
  ['a header', (n) => ({ type: 'header', text: plain(x(n)) }), 150, '/text/text: must be less than 151 characters'],
  [
    'a context',
    (n) => ({ type: 'context', elements: times(n, () => plain()) }),
    10,
    '/elements: no more than 10 items allowed',
  ],
  ['actions', (n) => actions(...times(n, () => button())), 25, '/elements: no more than 25 items allowed'],
  ['context actions', (n) => contextActions(...times(n, () => feedback)), 5, '/elements: no more than 5 items allowed'],
  ['alt text', (n) => image({ alt_text: x(n) }), 2000, '/alt_text: must be less than 2001 characters'],
  ["a picture's title", (n) => image({ title: plain(x(n)) }), 2000, '/title/text: must be less than 2001 characters'],
  [
    "a picture's address",
    (n) => image({ image_url: `https://a.example/${x(n - 18)}` }),
    3000,
    '/image_url: must be less than 3001 characters',
  ],
  ['a block id', (n) => section({ block_id: x(n) }), 255, '/block_id: must be less than 256 characters'],
  ['markdown', (n) => markdown(x(n)), 12_000, '/text: must be less than 12001 characters'],
  ['rows', (n) => table(n, 1), 100, '/rows: no more than 100 items allowed'],
  ['columns', (n) => table(1, n), 20, '/rows/0: no more than 20 items allowed'],
  ['text in a table', (n) => table(1, 10, x(n / 10)), 10_000, '/rows: must be less than 10001 characters'],
  [
    'a label',
    (n) => input(written(), { label: plain(x(n)) }),
    2000,
    '/label/text: must be less than 2001 characters',
    'modal',
  ],
  [
    'a hint',
    (n) => input(written(), { hint: plain(x(n)) }),
    2000,
    '/hint/text: must be less than 2001 characters',
    'modal',
  ],
  [
    "a button's text",
    (n) => actions(button({ text: plain(x(n)) })),
    75,
    '/elements/0/text/text: must be less than 76 characters',
  ],
  [
    "a button's value",
    (n) => actions(button({ value: x(n) })),
    2000,
    '/elements/0/value: must be less than 2001 characters',
  ],
  [
    'an action id',
    (n) => actions(button({ action_id: x(n) })),
    255,
    '/elements/0/action_id: must be less than 256 characters',
  ],
  [
    "a button's link",
    (n) => actions(button({ url: `https://${x(n - 8)}` })),
    3000,
    '/elements/0/url: must be less than 3001 characters',
  ],
  [
    "a button's label",
    (n) => actions(button({ accessibility_label: x(n) })),
    75,
    '/elements/0/accessibility_label: must be less than 76 characters',
  ],
  [
    'options of a menu',
    (n) => actions(select({ options: options(n) })),
    100,
    '/elements/0/options: no more than 100 items allowed',
  ],
  [
    'groups of a menu',
    (n) =>
      actions({
        type: 'static_select',
        option_groups: times(n, (i) => ({ label: plain(), options: [option(`${i}`)] })),
      }),
    100,
    '/elements/0/option_groups: no more than 100 items allowed',
  ],
  [
    'options of a group',
    (n) => actions({ type: 'static_select', option_groups: [{ label: plain(), options: options(n) }] }),
    100,
    '/elements/0/option_groups/0/options: no more than 100 items allowed',
  ],
  [
    "an option's text",
    (n) => actions(select({ options: [option('v', { text: plain(x(n)) })] })),
    75,
    '/elements/0/options/0/text/text: must be less than 76 characters',
  ],
  [
    "an option's value",
    (n) => actions(select({ options: [option(x(n))] })),
    150,
    '/elements/0/options/0/value: must be less than 151 characters',
  ],
  [
    "an option's description",
    (n) => actions(select({ options: [option('v', { description: plain(x(n)) })] })),
    75,
    '/elements/0/options/0/description/text: must be less than 76 characters',
  ],
  [
    'a placeholder',
    (n) => actions(select({ placeholder: plain(x(n)) })),
    150,
    '/elements/0/placeholder/text: must be less than 151 characters',
  ],
  [
    'checkboxes',
    (n) => actions({ type: 'checkboxes', options: options(n) }),
    10,
    '/elements/0/options: no more than 10 items allowed',
  ],
  [
    'radio buttons',
    (n) => actions({ type: 'radio_buttons', options: options(n) }),
    10,
    '/elements/0/options: no more than 10 items allowed',
  ],
  [
    'an overflow menu',
    (n) => actions({ type: 'overflow', options: options(n) }),
    5,
    '/elements/0/options: no more than 5 items allowed',
  ],
  [
    'length of an input',
    (n) => input(written({ max_length: n })),
    3000,
    '/element/max_length: must be less than 3001',
    'modal',
  ],
  [
    'files of an input',
    (n) => input({ type: 'file_input', max_files: n }),
    10,
    '/element/max_files: must be less than 11',
    'modal',
  ],
  [
    'what an input begins with',
    (n) => input(written({ max_length: 5, initial_value: x(n) })),
    5,
    '/element/initial_value: must keep to min_length and max_length',
    'modal',
  ],
  [
    'what is chosen at first',
    (n) => actions(multi({ max_selected_items: 2, initial_options: options(n) })),
    2,
    '/elements/0/initial_options: no more than 2 items allowed',
  ],
  ...(['title:100', 'text:300', 'confirm:30', 'deny:30'] as const).map((rule): (typeof LIMITS)[number] => {
    const [field = '', most = ''] = rule.split(':');
    return [
      `${field} of a confirmation`,
      (n) => actions(button({ confirm: confirm({ [field]: plain(x(n)) }) })),
      Number(most),
      `/elements/0/confirm/${field}/text: must be less than ${Number(most) + 1} characters`,
    ];
  }),
];

describe('just within a limit, and just beyond it', () => {
  test.each(LIMITS)('%s', (_, make, most, complaint, surface = 'message') => {
    expect(checkBlocks([make(most)], surface)).toEqual([]);
    const step = most === 10_000 ? 10 : 1;
    expect(checkBlocks([{ type: 'divider' }, make(most + step)], surface)).toEqual([`/blocks/1${complaint}`]);
  });

  test.each<[Surface, number]>([
    ['message', 50],
    ['modal', 100],
    ['home', 100],
  ])('blocks of a %s', (surface, most) => {
    const blocks = (count: number) => times(count, () => ({ type: 'divider' }));
    expect(checkBlocks(blocks(most), surface)).toEqual([]);
    expect(checkBlocks(blocks(most + 1), surface)).toEqual([`/blocks: no more than ${most} items allowed`]);
  });

  test('markdown of all blocks together', () => {
    expect(checkBlocks([markdown(x(6000)), markdown(x(6000))], 'message')).toEqual([]);
    expect(checkBlocks([markdown(x(6000)), section(), markdown(x(6001))], 'message')).toEqual([
      '/blocks/2/text: must be less than 12001 characters in all blocks',
    ]);
  });
});

type Known = Record<string, Record<string, unknown>>;

/** One of each type that Slack's SDK knows, so that a new one is not forgotten. */
const ELEMENTS = {
  button: { text: plain() },
  channels_select: {},
  checkboxes: { options: options(1) },
  conversations_select: { filter: { exclude_bot_users: true } },
  datepicker: {},
  datetimepicker: { initial_date_time: 1_700_000_000 },
  email_text_input: { initial_value: 'a@b.example' },
  external_select: { min_query_length: 0 },
  file_input: { filetypes: ['png'] },
  image: { alt_text: 'a', image_url: 'https://a.example' },
  multi_channels_select: { initial_channels: ['C1'] },
  multi_conversations_select: {},
  multi_external_select: { initial_options: options(1) },
  multi_static_select: { options: options(1) },
  multi_users_select: { initial_users: ['U1'], max_selected_items: 1 },
  number_input: { is_decimal_allowed: true },
  overflow: { options: options(1) },
  plain_text_input: { dispatch_action_config: { trigger_actions_on: ['on_enter_pressed'] } },
  radio_buttons: { options: options(1), initial_option: options(1)[0] },
  rich_text_input: { max_lines: 100 },
  static_select: { options: options(1) },
  timepicker: { timezone: 'Europe/Paris' },
  url_text_input: { initial_value: 'https://a.example' },
  users_select: { initial_user: 'U1' },
  workflow_button: { text: plain(), workflow: { trigger: { url: 'https://a.example' } } },
} satisfies Record<(ActionsBlockElement | InputBlockElement | SectionBlockAccessory)['type'], object>;

const NO_ACCESSORIES = ['datetimepicker', 'rich_text_input'];
const ONLY_INPUTS = ['email_text_input', 'file_input', 'number_input', 'plain_text_input', 'url_text_input'];
const NO_INPUTS = ['button', 'image', 'overflow', 'workflow_button'];

describe("every element that Slack's SDK knows", () => {
  test.each(Object.entries(ELEMENTS as Known))('%s', (type, fields) => {
    const element = { type, ...fields };
    const says = (fits: boolean, path: string) => (fits ? [] : [`/blocks/0${path}/type: unsupported type: ${type}`]);
    const isInputOnly = ONLY_INPUTS.includes(type);
    // On a modal, where all of them may be.
    expect(checkBlocks([input(element)], 'modal')).toEqual(says(!NO_INPUTS.includes(type), '/element'));
    expect(checkBlocks([actions(element)], 'modal')).toEqual(says(!isInputOnly && type !== 'image', '/elements/0'));
    const isAccessory = !isInputOnly && !NO_ACCESSORIES.includes(type);
    expect(checkBlocks([section({ accessory: element })], 'modal')).toEqual(says(isAccessory, '/accessory'));
  });

  test('only feedback and icons are in context actions', () => {
    const known = {
      feedback_buttons: feedback,
      icon_button: { type: 'icon_button', icon: 'trash', text: plain(), confirm: { text: plain() } },
    } satisfies Record<ContextActionsBlockElement['type'], object>;
    expect(checkBlocks([contextActions(...Object.values(known))], 'message')).toEqual([]);
  });
});

const BLOCKS = {
  actions: { elements: [button()] },
  alert: { text: plain() },
  card: { body: mrkdwn() },
  carousel: { elements: [{ type: 'card', body: mrkdwn() }] },
  container: { title: plain(), child_blocks: [section()], is_collapsible: true, default_collapsed: true },
  context: { elements: [plain()] },
  context_actions: { elements: [feedback] },
  data_table: { caption: 'a', rows: [[{ type: 'raw_number', value: 1, text: '1' }]], page_size: 100 },
  divider: {},
  header: { text: plain() },
  image: { alt_text: 'a', slack_file: { url: 'https://a.example' } },
  input: { label: plain(), element: written() },
  markdown: { text: 'a' },
  plan: { title: 'a' },
  rich_text: { elements: [{ type: 'rich_text_section', elements: [] }] },
  section: { text: plain(), expand: true },
  table: { rows: [[{ type: 'raw_text', text: 'a' }]] },
  task_card: {
    task_id: 'a',
    title: 'a',
    status: 'error',
    sources: [{ type: 'url', url: 'https://a.example', text: 'a' }],
  },
  video: { video_url: 'https://a.example', thumbnail_url: 'https://a.example', alt_text: 'a', title: plain() },
} satisfies Record<Exclude<KnownBlock['type'], 'file'>, object>;

test.each(Object.entries(BLOCKS as Known))("every block that Slack's SDK knows is one: %s", (type, fields) => {
  const surface = type === 'alert' ? 'modal' : 'message';
  const block = { type, ...fields };
  expect(checkBlocks([block], surface)).toEqual([]);
  expect(checkBlocks([{ ...block, nonsense: 1 }], surface)).toEqual([
    '/blocks/0: invalid additional property: nonsense',
  ]);
});
