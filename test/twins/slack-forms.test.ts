import { describe, expect, test } from 'vitest';
import { checkBlocks, checkMessage, MAX_TEXT_OF_BLOCKS, textLengthOf } from './slack/block-forms.ts';
import {
  actions,
  button,
  cell,
  confirm,
  contextActions,
  feedback,
  image,
  input,
  markdown,
  mrkdwn,
  multi,
  number,
  option,
  options,
  plain,
  rich,
  said,
  section,
  select,
  table,
  task,
  written,
  x,
} from './slack/samples.ts';
import type { Surface } from './slack/surface-forms.ts';
import { checkView } from './slack/view-forms.ts';

/** What Slack takes, and what it refuses: of what is refused, every complaint is told word for word. */

type Form = Record<string, unknown>;

describe('blocks that Slack takes', () => {
  test.each<[string, Form, Surface?]>([
    ['a section with text', section()],
    ['a section with fields only', { type: 'section', fields: [mrkdwn(), plain()] }],
    ['a section with a button', section({ accessory: button({ value: 'v', action_id: 'a', style: 'danger' }) })],
    ['a section with a picture', section({ accessory: image() })],
    ['a header', { type: 'header', text: plain('a', { emoji: true }), block_id: 'b' }],
    ['a divider', { type: 'divider' }],
    ['a context of texts and pictures', { type: 'context', elements: [plain(), mrkdwn(), image()] }],
    ['a picture of a file', { type: 'image', alt_text: 'a', slack_file: { id: 'F1' }, title: plain() }],
    ['buttons with links', actions(button({ url: 'https://a.example' }), button({ url: 'slack://open' }))],
    ['a button that asks first', actions(button({ confirm: confirm({ title: plain(), style: 'danger' }) }))],
    ['menus', actions(select({ initial_option: option('1'), placeholder: plain() }), { type: 'users_select' })],
    ['a menu of groups', actions({ type: 'static_select', option_groups: [{ label: plain(), options: options(1) }] })],
    ['an overflow menu', actions({ type: 'overflow', options: [option('a', { url: 'https://a.example' })] })],
    ['checkboxes', actions({ type: 'checkboxes', options: [option('a', { text: mrkdwn(), description: mrkdwn() })] })],
    [
      'dates',
      actions({ type: 'datepicker', initial_date: '2026-02-28' }, { type: 'timepicker', initial_time: '23:59' }),
    ],
    ['feedback', contextActions(feedback, { type: 'icon_button', icon: 'trash', text: plain() })],
    ['markdown', markdown('**a**')],
    ['a table', { ...table(2, 2), column_settings: [null, { align: 'right', is_wrapped: true }] }],
    ['a plan', { type: 'plan', title: 'a', tasks: [task({ details: rich(said({ type: 'text', text: 'a' })) })] }],
    [
      'rich text',
      rich(
        said({ type: 'text', text: 'a', style: { bold: true } }, { type: 'user', user_id: 'U1' }),
        { type: 'rich_text_list', style: 'ordered', indent: 1, elements: [said()] },
        { type: 'rich_text_quote', elements: [{ type: 'emoji', name: 'wave' }] },
        { type: 'rich_text_preformatted', border: 0, elements: [{ type: 'link', url: 'https://a.example' }] },
      ),
    ],
    ['a card', { type: 'card', title: mrkdwn(), actions: [button()] }, 'home'],
    ['a container', { type: 'container', title: plain(), child_blocks: [section()] }],
    ['an alert', { type: 'alert', text: plain(), level: 'warning' }, 'modal'],
    ['a text input', input(written({ multiline: true, initial_value: '', max_length: 3000 })), 'modal'],
    ['a number input', input(number({ min_value: '-1', max_value: '5', initial_value: '5' })), 'modal'],
    ['decimals', input(number({ is_decimal_allowed: true, initial_value: '0.5' })), 'modal'],
    ['an input on a home tab', input(select(), { dispatch_action: true, optional: true, hint: plain() }), 'home'],
    [
      'channels to choose',
      input({ type: 'multi_conversations_select', filter: { include: ['public'] }, initial_conversations: ['C1'] }),
      'modal',
    ],
  ])('%s', (_, block, surface = 'message') => {
    expect(checkBlocks([block], surface)).toEqual([]);
  });

  test('none at all', () => expect(checkBlocks([], 'message')).toEqual([]));
});

describe('blocks that Slack refuses', () => {
  test.each<[string, unknown, string[], Surface?]>([
    ['no block', 'a', [': must provide an object']],
    ['an unknown type', { type: 'poll' }, ['/type: unsupported type: poll']],
    ['no type', { text: plain() }, [': missing required field: type']],
    [
      'a file, which only Slack shows',
      { type: 'file', external_id: 'a', source: 'remote' },
      ['/type: unsupported type: file'],
    ],
    ['a field that is none', section({ colour: 'red' }), [': invalid additional property: colour']],
    [
      'two that are none',
      { type: 'divider', a: 1, b: 2 },
      [': invalid additional property: a', ': invalid additional property: b'],
    ],
    ['a section without anything', { type: 'section' }, [': must provide text or fields']],
    ['a section without fields', section({ fields: [] }), ['/fields: no fewer than 1 items allowed']],
    ['an empty text', section({ text: mrkdwn('') }), ['/text/text: must be more than 0 characters']],
    ['a text that is a string', section({ text: 'a' }), ['/text: must provide an object']],
    ['a text without type', section({ text: { text: 'a' } }), ['/text: missing required field: type']],
    [
      'mrkdwn with emoji',
      section({ text: mrkdwn('a', { emoji: true }) }),
      ['/text: invalid additional property: emoji'],
    ],
    [
      'plain text that is verbatim',
      section({ text: plain('a', { verbatim: true }) }),
      ['/text: invalid additional property: verbatim'],
    ],
    ['a header in mrkdwn', { type: 'header', text: mrkdwn() }, ['/text/type: must be one of: plain_text']],
    ['an empty header', { type: 'header', text: plain('') }, ['/text/text: must be more than 0 characters']],
    ['an empty context', { type: 'context', elements: [] }, ['/elements: no fewer than 1 items allowed']],
    [
      'a button in a context',
      { type: 'context', elements: [button()] },
      ['/elements/0/type: unsupported type: button'],
    ],
    ['no elements', { type: 'actions' }, [': missing required field: elements']],
    ['actions without any', actions(), ['/elements: no fewer than 1 items allowed']],
    ['a text input in actions', actions(written()), ['/elements/0/type: unsupported type: plain_text_input']],
    ['feedback in actions', actions(feedback), ['/elements/0/type: unsupported type: feedback_buttons']],
    ['a button in context actions', contextActions(button()), ['/elements/0/type: unsupported type: button']],
    [
      'an icon that is none',
      contextActions({ type: 'icon_button', icon: 'star', text: plain() }),
      ['/elements/0/icon: must be one of: trash'],
    ],
    [
      'feedback without a value',
      contextActions({ ...feedback, negative_button: { text: plain() } }),
      ['/elements/0/negative_button: missing required field: value'],
    ],
    ['a button in mrkdwn', actions(button({ text: mrkdwn() })), ['/elements/0/text/type: must be one of: plain_text']],
    [
      'a style that is none',
      actions(button({ style: 'default' })),
      ['/elements/0/style: must be one of: primary, danger'],
    ],
    ['an empty value', actions(button({ value: '' })), ['/elements/0/value: must be more than 0 characters']],
    ['a link that is none', actions(button({ url: 'a.example' })), ['/elements/0/url: must be a valid URL']],
    [
      'a confirmation without text',
      actions(button({ confirm: { title: plain() } })),
      ['/elements/0/confirm: missing required field: text'],
    ],
    [
      'the same action id twice',
      actions(button({ action_id: 'a' }), select({ action_id: 'a' })),
      ['/elements/1/action_id: action_id "a" already exists for another element'],
    ],
    ['a picture from nowhere', { type: 'image', alt_text: 'a' }, [': must provide either image_url or slack_file']],
    [
      'a picture from two places',
      image({ slack_file: { id: 'F1' } }),
      [': must provide either image_url or slack_file'],
    ],
    [
      'a file by id and address',
      { type: 'image', alt_text: 'a', slack_file: { id: 'F1', url: 'https://a.example' } },
      ['/slack_file: must provide either id or url'],
    ],
    [
      'a picture without words',
      { type: 'image', image_url: 'https://a.example' },
      [': missing required field: alt_text'],
    ],
    [
      'a menu without options',
      actions({ type: 'static_select' }),
      ['/elements/0: must provide either options or option_groups'],
    ],
    ['a menu of no options', actions(select({ options: [] })), ['/elements/0/options: no fewer than 1 items allowed']],
    [
      'options and groups',
      actions(select({ option_groups: [{ label: plain(), options: [option()] }] })),
      ['/elements/0: must provide either options or option_groups'],
    ],
    [
      'a choice that is not there',
      actions(select({ initial_option: option('9') })),
      ['/elements/0/initial_option: must be one of the provided options'],
    ],
    [
      'a choice with another text',
      actions(select({ initial_option: option('1', { text: plain('b') }) })),
      ['/elements/0/initial_option: must be one of the provided options'],
    ],
    [
      'one choice of two not there',
      actions(multi({ initial_options: [option('1'), option('9')] })),
      ['/elements/0/initial_options/1: must be one of the provided options'],
    ],
    [
      'a value twice',
      actions(select({ options: [option('a'), option('a')] })),
      ['/elements/0/options: option value "a" already exists'],
    ],
    [
      'an option with a link',
      actions(select({ options: [option('a', { url: 'https://a.example' })] })),
      ['/elements/0/options/0: invalid additional property: url'],
    ],
    [
      'an option in mrkdwn',
      actions(select({ options: [option('a', { text: mrkdwn() })] })),
      ['/elements/0/options/0/text/type: must be one of: plain_text'],
    ],
    [
      'none to be chosen',
      actions(multi({ max_selected_items: 0 })),
      ['/elements/0/max_selected_items: must be more than 0'],
    ],
    [
      'a filter that filters nothing',
      actions({ type: 'conversations_select', filter: {} }),
      ['/elements/0/filter: must provide at least one field'],
    ],
    [
      'a day that is none',
      actions({ type: 'datepicker', initial_date: '2026-02-30' }),
      ['/elements/0/initial_date: must be a date, YYYY-MM-DD'],
    ],
    [
      'a time that is none',
      actions({ type: 'timepicker', initial_time: '24:00' }),
      ['/elements/0/initial_time: must be a time, HH:mm'],
    ],
    ['an input with a button', input(button()), ['/element/type: unsupported type: button'], 'modal'],
    ['an input without label', { type: 'input', element: written() }, [': missing required field: label'], 'modal'],
    [
      'an input labelled in mrkdwn',
      input(written(), { label: mrkdwn() }),
      ['/label/type: must be one of: plain_text'],
      'modal',
    ],
    ['an input of no length', input(written({ max_length: 0 })), ['/element/max_length: must be more than 0'], 'modal'],
    [
      'lengths the wrong way round',
      input(written({ min_length: 3, max_length: 2 })),
      ['/element/min_length: must not exceed max_length'],
      'modal',
    ],
    [
      'a number that is a word',
      input(number({ initial_value: 'a' })),
      ['/element/initial_value: must be a number'],
      'modal',
    ],
    [
      'a decimal where none may be',
      input(number({ initial_value: '0.5' })),
      ['/element/initial_value: must be a whole number'],
      'modal',
    ],
    [
      'a number too great',
      input(number({ max_value: '5', initial_value: '10' })),
      ['/element/initial_value: must keep to min_value and max_value'],
      'modal',
    ],
    [
      'a number without its kind',
      input({ type: 'number_input' }),
      ['/element: missing required field: is_decimal_allowed'],
      'modal',
    ],
    ['empty markdown', markdown(''), ['/text: must be more than 0 characters']],
    ['an empty cell', { type: 'table', rows: [[cell('')]] }, ['/rows/0/0/text: must be more than 0 characters']],
    ['a table without rows', { type: 'table', rows: [] }, ['/rows: no fewer than 1 items allowed']],
    ['a cell in mrkdwn', { type: 'table', rows: [[mrkdwn()]] }, ['/rows/0/0/type: unsupported type: mrkdwn']],
    ['a task without status', { type: 'task_card', task_id: 't', title: 'a' }, [': missing required field: status']],
    [
      'a plan of other blocks',
      { type: 'plan', title: 'a', tasks: [section()] },
      [
        '/tasks/0/type: must be one of: task_card',
        '/tasks/0: missing required field: task_id',
        '/tasks/0: missing required field: title',
        '/tasks/0: missing required field: status',
        '/tasks/0: invalid additional property: text',
      ],
    ],
    ['rich text of a text', rich({ type: 'text', text: 'a' }), ['/elements/0/type: unsupported type: text']],
    [
      'rich text with an empty text',
      rich(said({ type: 'text', text: '' })),
      ['/elements/0/elements/0/text: must be more than 0 characters'],
    ],
    [
      'a list of another style',
      rich({ type: 'rich_text_list', style: 'roman', elements: [said()] }),
      ['/elements/0/style: must be one of: bullet, ordered'],
    ],
    [
      'code with people',
      rich({ type: 'rich_text_preformatted', elements: [{ type: 'user', user_id: 'U1' }] }),
      ['/elements/0/elements/0/type: unsupported type: user'],
    ],
    [
      'a container of containers',
      { type: 'container', title: plain(), child_blocks: [{ type: 'container' }] },
      ['/child_blocks/0/type: unsupported type: container'],
    ],
    [
      'an empty card',
      { type: 'card', subtitle: mrkdwn() },
      [': must provide at least one of hero_image, title, actions and body'],
    ],
  ])('%s', (_, block, complaints, surface = 'message') => {
    expect(checkBlocks([block], surface)).toEqual(complaints.map((complaint) => `/blocks/0${complaint}`));
  });

  test.each<[string, Form, Surface[], string?]>([
    ['markdown', markdown(), ['message']],
    ['table', table(), ['message']],
    ['plan', { type: 'plan', title: 'a' }, ['message']],
    ['task_card', task(), ['message']],
    ['context_actions', contextActions(feedback), ['message']],
    ['container', { type: 'container', title: plain(), child_blocks: [section()] }, ['message']],
    ['alert', { type: 'alert', text: plain() }, ['modal']],
    ['file_input', input({ type: 'file_input' }), ['modal'], '/element'],
    ['number_input', input(number()), ['modal'], '/element'],
    ['email_text_input', input({ type: 'email_text_input' }), ['modal'], '/element'],
    ['url_text_input', input({ type: 'url_text_input' }), ['modal'], '/element'],
    ['datetimepicker', actions({ type: 'datetimepicker' }), ['message', 'modal'], '/elements/0'],
    ['rich_text_input', input({ type: 'rich_text_input' }), ['modal', 'home'], '/element'],
  ])('%s where it does not belong', (type, block, places, path = '') => {
    for (const surface of ['message', 'modal', 'home'] as const) {
      const complaint = `/blocks/0${path}: unsupported type: ${type} (surface: ${surface})`;
      expect(checkBlocks([block], surface)).toEqual(places.includes(surface) ? [] : [complaint]);
    }
  });

  test('what is no list', () => {
    expect(checkBlocks({ type: 'divider' }, 'message')).toEqual(['/blocks: must provide an array']);
    expect(checkBlocks(undefined, 'message')).toEqual(['/blocks: must provide an array']);
  });

  test('the same block id twice, also within a plan', () => {
    const blocks = [section({ block_id: 'a' }), { type: 'plan', title: 'a', tasks: [task({ block_id: 'a' })] }];
    expect(checkBlocks(blocks, 'message')).toEqual([
      '/blocks/1/tasks/0/block_id: block_id "a" already exists for another element',
    ]);
  });

  test('two tables; but the same action id in two blocks is taken', () => {
    expect(checkBlocks([table(), table()], 'message')).toEqual(['/blocks/1: only_one_table_allowed']);
    const twice = actions(button({ action_id: 'a' }));
    expect(checkBlocks([twice, twice, section({ accessory: button({ action_id: 'a' }) })], 'message')).toEqual([]);
  });

  test('everything that is wrong is told, each with its place', () => {
    const blocks = [section(), actions(button({ text: plain('') }), button({ style: 'red' })), { type: 'header' }];
    expect(checkBlocks(blocks, 'message')).toEqual([
      '/blocks/1/elements/0/text/text: must be more than 0 characters',
      '/blocks/1/elements/1/style: must be one of: primary, danger',
      '/blocks/2: missing required field: text',
    ]);
  });
});

describe('a message', () => {
  test.each<[string, Form, string[]]>([
    ['text', { text: 'a' }, []],
    ['blocks and a text for notifications', { text: 'a', blocks: [section()] }, []],
    ['blocks alone', { blocks: [section()] }, []],
    ['markdown alone', { markdown_text: x(12_000) }, []],
    ['text as long as it may be', { text: x(40_000) }, []],
    ['nothing', {}, ['/text: no_text']],
    ['an empty text', { text: '' }, ['/text: no_text']],
    ['no blocks and no text', { blocks: [] }, ['/text: no_text']],
    ['no blocks any more, but text', { text: 'a', blocks: [] }, []],
    ['markdown and text', { text: 'a', markdown_text: 'a' }, ['/markdown_text: markdown_text_conflict']],
    ['markdown and blocks', { blocks: [section()], markdown_text: 'a' }, ['/markdown_text: markdown_text_conflict']],
    ['too long a text', { text: x(40_001) }, ['/text: must be less than 40001 characters']],
    ['too much markdown', { markdown_text: x(12_001) }, ['/markdown_text: must be less than 12001 characters']],
    ['a text that is none', { text: 5 }, ['/text: must provide a string']],
    [
      'a modal in a message',
      { text: 'a', blocks: [input({ type: 'file_input' })] },
      ['/blocks/0/element: unsupported type: file_input (surface: message)'],
    ],
  ])('of %s', (_, form, complaints) => {
    expect(checkMessage(form)).toEqual(complaints);
  });

  test('is measured by what there is to read in it', () => {
    const blocks = [
      section({ block_id: x(50), text: mrkdwn(x(10)), fields: [plain(x(5))] }),
      actions(button({ text: plain(x(3)), value: x(99), action_id: x(9) })),
      table(2, 2, x(4)),
      task({ title: x(7) }),
      image({ alt_text: x(2), title: plain(x(6)) }),
    ];
    expect(textLengthOf(blocks)).toBe(10 + 5 + 3 + 4 * 4 + 7 + 2 + 6);
    expect(textLengthOf(undefined)).toBe(0);
  });

  test('may have blocks that are right one by one, and too long together', () => {
    const blocks = [markdown(x(12_000)), section({ text: mrkdwn(x(1001)) })];
    expect(checkBlocks(blocks, 'message')).toEqual([]);
    expect(textLengthOf(blocks)).toBeGreaterThan(MAX_TEXT_OF_BLOCKS);
  });
});

const modal = (more: Form = {}) => ({ type: 'modal', title: plain(), blocks: [section()], ...more });
const home = (more: Form = {}) => ({ type: 'home', blocks: [section()], ...more });
const focus = (at: number) => input(written({ focus_on_load: true }), { block_id: `b${at}` });

describe('a view', () => {
  test.each<[string, Form]>([
    ['modal', modal({ close: plain(), notify_on_close: true, private_metadata: '', callback_id: 'a' })],
    ['modal with an input', modal({ submit: plain(), blocks: [focus(0)] })],
    ['home tab', home({ private_metadata: 'a', external_id: 'b' })],
    ['home tab with an input', home({ blocks: [input(select())] })],
  ])('that Slack takes: a %s', (_, view) => {
    expect(checkView(view, view.type as 'modal' | 'home')).toEqual([]);
  });

  test.each<[string, (size: number) => Form, number, string]>([
    ['title', (n) => modal({ title: plain(x(n)) }), 24, '/title/text'],
    ['submit', (n) => modal({ submit: plain(x(n)) }), 24, '/submit/text'],
    ['close', (n) => modal({ close: plain(x(n)) }), 24, '/close/text'],
    ['callback_id', (n) => modal({ callback_id: x(n) }), 255, '/callback_id'],
    ['external_id', (n) => home({ external_id: x(n) }), 255, '/external_id'],
    ['private_metadata', (n) => home({ private_metadata: x(n) }), 3000, '/private_metadata'],
  ])('has a limit for %s', (_, make, most, path) => {
    const check = (view: Form) => checkView(view, view.type as 'modal' | 'home');
    expect(check(make(most))).toEqual([]);
    expect(check(make(most + 1))).toEqual([`/view${path}: must be less than ${most + 1} characters`]);
  });

  test.each<[string, unknown, 'modal' | 'home', string[]]>([
    ['no view', 'a', 'modal', ['/view: must provide an object']],
    ['a modal without title', { type: 'modal', blocks: [] }, 'modal', ['/view: missing required field: title']],
    ['a title in mrkdwn', modal({ title: mrkdwn() }), 'modal', ['/view/title/type: must be one of: plain_text']],
    ['a modal without blocks', { type: 'modal', title: plain() }, 'modal', ['/view: missing required field: blocks']],
    [
      'a home tab as a modal',
      home(),
      'modal',
      ['/view/type: must be one of: modal', '/view: missing required field: title'],
    ],
    ['a home tab with a title', home({ title: plain() }), 'home', ['/view: invalid additional property: title']],
    [
      'an input that nothing submits',
      modal({ blocks: [input(written())] }),
      'modal',
      ['/view/submit: missing required field: a modal with inputs is submitted'],
    ],
    [
      'blocks that are wrong',
      modal({ blocks: [section({ text: mrkdwn('') })] }),
      'modal',
      ['/view/blocks/0/text/text: must be more than 0 characters'],
    ],
    [
      'blocks of messages',
      home({ blocks: [markdown()] }),
      'home',
      ['/view/blocks/0: unsupported type: markdown (surface: home)'],
    ],
    [
      'two that want the cursor',
      modal({ submit: plain(), blocks: [focus(0), focus(1)] }),
      'modal',
      ['/view/blocks/1/element/focus_on_load: only one element may have the focus'],
    ],
  ])('that Slack refuses: %s', (_, view, type, complaints) => {
    expect(checkView(view, type)).toEqual(complaints);
  });
});
