import { type APIMessageTopLevelComponent, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ButtonAction, decode, encode, withChoiceMade } from '../../../src/bots/discord/replies/buttons.ts';
import type { CommandName } from '../../../src/core/messages.ts';

const snowflake = fc.bigInt({ min: 10n ** 16n, max: 10n ** 20n - 1n }).map(String);
const threadId = fc.oneof(
  snowflake,
  fc.tuple(snowflake, snowflake).map((ids) => ids.join('/')),
);
const id = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ unit: fc.constantFrom('|', '%', '%7C', 'a') }));
const command = fc.constantFrom<CommandName>(
  ...(['approve', 'easier', 'harder', 'another', 'hint', 'show', 'skip', 'pause', 'resume'] as const),
  ...(['plan', 'progress', 'questions', 'course', 'help', 'end'] as const),
);
const action: fc.Arbitrary<ButtonAction> = fc.oneof(
  fc.record({ type: fc.constant('choice' as const), questionId: id, choiceId: id }),
  fc.record({ type: fc.constantFrom('pick' as const, 'write' as const), questionId: id }),
  fc.constantFrom({ type: 'change' as const }, { type: 'listen' as const }),
  command.map((type) => ({ type })),
);

describe('custom ids', () => {
  test('say what they were made of, in at most 100 characters', () => {
    fc.assert(
      fc.property(threadId, action, (thread, what) => {
        const customId = encode({ threadId: thread, action: what });
        if (customId === null) return;
        expect(customId.length).toBeLessThanOrEqual(100);
        expect(decode(customId)).toEqual({ threadId: thread, action: what });
      }),
    );
  });

  test('are there for every command and for ordinary questions, also in direct messages', () => {
    const longest = `${'9'.repeat(20)}/${'9'.repeat(20)}`;
    fc.assert(fc.property(command, (type) => encode({ threadId: longest, action: { type } }) !== null));
    const choice: ButtonAction = { type: 'choice', questionId: 'which-piece-of-the-cake-is-larger', choiceId: 'a' };
    expect(encode({ threadId: longest, action: choice })).not.toBeNull();
  });

  test('are not there where they would be too long', () => {
    const write = (length: number) =>
      encode({ threadId: '1', action: { type: 'write', questionId: 'q'.repeat(length) } });
    expect(write(89)).toHaveLength(100);
    expect(write(90)).toBeNull();
  });

  test.each([
    '',
    'hint',
    't1',
    't1|hint',
    't1|hint|',
    't1|hint|1|more',
    't1|choice|1|q',
    't1|write|1',
    't1|dance|1',
    't1|constructor|1',
    't0|hint|1',
    't1|choice|1|%7c|a',
    't1|choice|1|%25%|a',
    'page:2',
  ])('of others mean nothing: %s', (customId) => {
    expect(decode(customId)).toBeNull();
  });

  test('of anybody are read without harm, and only in the one form that is written', () => {
    const foreign = fc.oneof(
      fc.string(),
      fc.array(fc.string({ maxLength: 5 })).map((parts) => ['t1', ...parts].join('|')),
    );
    fc.assert(
      fc.property(foreign, (customId) => {
        const press = decode(customId);
        if (press) expect(encode(press)).toBe(customId);
      }),
    );
  });
});

describe('after a choice', () => {
  const customId = (what: ButtonAction) => encode({ threadId: '1', action: what }) ?? '';
  const choice = (choiceId: string) => customId({ type: 'choice', questionId: 'q', choiceId });
  const button = (id: string) =>
    ({ type: ComponentType.Button, style: ButtonStyle.Secondary, custom_id: id, label: id }) as const;
  const link = { type: ComponentType.Button, style: ButtonStyle.Link, url: 'https://example.org', label: 'x' } as const;
  const others = [button(customId({ type: 'hint' })), button('of another bot'), link];

  test('it stands out, the choices are over, and the rest is as it was', () => {
    const rows: APIMessageTopLevelComponent[] = [
      { type: ComponentType.ActionRow, components: [button(choice('a')), button(choice('b'))] },
      { type: ComponentType.ActionRow, components: others },
    ];
    const before = structuredClone(rows);
    expect(withChoiceMade(rows, choice('b'))).toEqual([
      {
        type: ComponentType.ActionRow,
        components: [
          { ...button(choice('a')), disabled: true },
          { ...button(choice('b')), disabled: true, style: ButtonStyle.Primary },
        ],
      },
      { type: ComponentType.ActionRow, components: others },
    ]);
    expect(rows).toEqual(before);
  });

  test('a menu shows what was picked', () => {
    const option = (value: string) => ({ value, label: value });
    const pick = customId({ type: 'pick', questionId: 'q' });
    const menu = { type: ComponentType.StringSelect, custom_id: pick, options: [option('a'), option('b')] } as const;
    const rows: APIMessageTopLevelComponent[] = [
      { type: ComponentType.ActionRow, components: [{ ...menu, options: [...menu.options] }] },
    ];
    expect(withChoiceMade(rows, pick, 'b')).toEqual([
      {
        type: ComponentType.ActionRow,
        components: [
          {
            ...menu,
            disabled: true,
            options: [
              { ...option('a'), default: false },
              { ...option('b'), default: true },
            ],
          },
        ],
      },
    ]);
  });
});
