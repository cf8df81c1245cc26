import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderExtras, renderReply, renderText, type Screen } from '../../../src/bots/terminal/render.ts';
import { type AskedQuestion, type Reply, reply } from '../../../src/core/messages.ts';

const plain = (width = 40): Screen => ({ width, colour: false });
const colour = (width = 40): Screen => ({ width, colour: true });

/** «b:bold» instead of escape codes, so that expectations can be read; « and » open and close. */
function readable(lines: readonly string[]): string[] {
  const names: Record<string, string> = { '1': 'b', '2': 'dim', '3': 'i', '36': 'cyan' };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one.
  return lines.map((line) => line.replace(/\u001b\[(\d+)m/g, (_, code) => (code === '0' ? '»' : `«${names[code]}:`)));
}

describe('text', () => {
  test.each<[string, string, string[], string[]]>([
    ['plain words', 'Hello there.', ['Hello there.'], ['Hello there.']],
    ['nothing', '', [''], ['']],
    ['paragraphs', 'One.\n\nTwo.', ['One.', '', 'Two.'], ['One.', '', 'Two.']],
    ['bold', 'a **very big** deal', ['a very big deal'], ['a «b:very big» deal']],
    ['italics', 'a *taille* (tax)', ['a taille (tax)'], ['a «i:taille» (tax)']],
    ['both', '***both***', ['both'], ['«b:«i:both»«b:»']],
    ['italics in bold', '**so *very* big**', ['so very big'], ['«b:so «i:very»«b: big»']],
    ['a heading', '## Step *two*', ['Step two'], ['«b:Step «i:two»«b:»']],
    ['no heading', '#1 and #hashtag', ['#1 and #hashtag'], ['#1 and #hashtag']],
    ['punctuation around', '(**a**), "*b*"!', ['(a), "b"!'], ['(«b:a»), "«i:b»"!']],
    ['other scripts', '这是**重点**内容', ['这是重点内容'], ['这是«b:重点»内容']],
    ['a bullet with a star', '* one *two*', ['* one two'], ['* one «i:two»']],
    ['a lonely star', '5 * 3, **open and *half', ['5 * 3, **open and *half'], ['5 * 3, **open and *half']],
  ])('%s', (_, text, without, withColour) => {
    expect(renderText(text, plain())).toEqual(without);
    expect(readable(renderText(text, colour()))).toEqual(withColour);
  });

  test.each([
    '`a * b * c` and `d * e`',
    '`**kwargs` and `*args`',
    '`def f(*args, **kwargs):` or `f(**a, **b)`',
    '``a ` *b* ` c`` and `x`',
    '`# no heading`',
    '`spaces    stay    here`',
    'x**2 + y**2 = z**2',
    '2*3*4 and a*b*c',
    '(a)*(b)*(c) or (a)**(b)**(c)',
    'f(*args, **kwargs) and g(*a, *b)',
    '$(a)*(b)*(c)$ and $$a **b** c$$',
    'an open `tick',
    'a * b * c',
    'print("*" * 3 + "*" * 2)',
    'snake_case_name and __init__',
    '1 < 2 > 0 & \\n',
  ])('%s stays as it is', (text) => {
    expect(renderText(text, plain(92))).toEqual([text]);
    expect(renderText(text, colour(92))).toEqual([text]);
  });

  test.each([
    ['**see `f(**x)` there** ok', '«b:see `f(**x)` there» ok'],
    ['*see `a * b` there* ok', '«i:see `a * b` there» ok'],
    ['`*a*` **b** `**c**`', '`*a*` «b:b» `**c**`'],
    ['costs $5 **and** $6', 'costs $5 «b:and» $6'],
    ['### Use `**kwargs` **now**', '«b:Use `**kwargs` «b:now»«b:»'],
  ])('%s: code inside and beside styles', (text, expected) => {
    expect(readable(renderText(text, colour(92)))).toEqual([expected]);
  });

  test.each<[string, string, string[]]>([
    ['a fence', 'Try:\n```python\nx = 1\n  y = **2**  \n```\nOk', ['Try:', '    x = 1', '      y = **2**  ', 'Ok']],
    ['long code', '```\n0123456789 0123456789 0123456789\n```', ['    0123456789 0123456789 0123456789']],
    ['an indented fence', '1. Try:\n   ```\n   x\n   ```\n2. Ok', ['1. Try:', '       x', '2. Ok']],
    ['an open fence', '```\n# x\n\ny', ['    # x', '    ', '    y']],
    ['a fence of four', '````\n```\nx\n```\n````\nOk', ['    ```', '    x', '    ```', 'Ok']],
    ['tildes', '~~~\n```\n~~~\nOk', ['    ```', 'Ok']],
    ['a fence with a language inside', '```\n```py\n```\nOk', ['    ```py', 'Ok']],
    ['code on one line', '```x = 1``` is code\n**b**', ['```x = 1``` is code', 'b']],
    ['Windows line ends', 'a\r\n```\r\nb\r\n```\r\nc', ['a', '    b', 'c']],
  ])('%s', (_, text, lines) => {
    expect(renderText(text, plain(20))).toEqual(lines);
  });

  test('a table is not wrapped', () => {
    const table = ['| Estate | Who | Share of people |', '|---|---|---|', '| First | clergy | under 1% |'];
    expect(renderText(table.join('\n'), plain(10))).toEqual(table);
  });

  test('nothing in a text steers the terminal', () => {
    const text = 'a\u001b[2Jb\u001b]0;title\u0007c\u009b31md\u0000\be\ue000f\rg';
    expect(renderText(text, colour())).toEqual(['a[2Jb]0;titlec31mdef', 'g']);
  });
});

describe('wrapping', () => {
  test.each<[string, string, number, string[]]>([
    ['at the width', 'aaaa bbbb cccc', 9, ['aaaa bbbb', 'cccc']],
    ['one column less', 'aaaa bbbb cccc', 8, ['aaaa', 'bbbb', 'cccc']],
    ['bullets', '- aaaa bbbb cccc', 11, ['- aaaa bbbb', '  cccc']],
    ['numbers', '10. aaaa bbbb', 9, ['10. aaaa', '    bbbb']],
    ['nested bullets', '  - aaaa bbbb', 9, ['  - aaaa', '    bbbb']],
    ['indented words', '   aaaa bbbb', 9, ['   aaaa', '   bbbb']],
    ['a long word', 'aa bbbbbbbbbbbbbbbb cc', 8, ['aa', 'bbbbbbbbbbbbbbbb', 'cc']],
    ['a long word in a list', '- aa bbbbbbbbbbbbbbbb cc', 8, ['- aa', 'bbbbbbbbbbbbbbbb', '  cc']],
    ['a word that fits without its indent', '- aa bbbbbbb', 8, ['- aa', ' bbbbbbb']],
    ['several spaces', 'aa   bb   cc', 8, ['aa   bb', 'cc']],
    ['spaces at the end', 'aaaa bbbb   ', 9, ['aaaa bbbb']],
    ['tabs', 'a\tb', 9, ['a    b']],
    ['short code in one piece', 'see `a  b` or `c d` ok', 11, ['see `a  b`', 'or `c d` ok']],
    ['long code at spaces', '`aaaa bbbb cccc`', 11, ['`aaaa bbbb', 'cccc`']],
    ['an unknown width', 'aaaa bbbb cccc dddd', 0, ['aaaa bbbb cccc dddd']],
    ['emojis', '😀😀 😀😀 😀', 9, ['😀😀 😀😀', '😀']],
    ['joined emojis and flags', '👨‍👩‍👧 🇪🇸 ❤️ a', 10, ['👨‍👩‍👧 🇪🇸 ❤️ a']],
    ['Chinese', '分数 小数 整数', 9, ['分数 小数', '整数']],
    ['accents', 'e\u0301e\u0301 o\u0308o\u0308 aa', 5, ['e\u0301e\u0301 o\u0308o\u0308', 'aa']],
  ])('%s', (_, text, width, lines) => {
    expect(renderText(text, plain(width))).toEqual(lines);
  });

  test('escape codes take no room, and a style ends and begins again with each line', () => {
    expect(readable(renderText('aa **bb cc** dd', colour(8)))).toEqual(['aa «b:bb cc»', 'dd']);
    expect(readable(renderText('aa **bb cc *dd* ee** ff', colour(8)))).toEqual(['aa «b:bb cc»', '«b:«i:dd»«b: ee» ff']);
    expect(readable(renderText('- *aa bb cc*', colour(7)))).toEqual(['- «i:aa bb»', '«i:  cc»']);
  });
});

const question: AskedQuestion = {
  id: 'q1',
  kind: 'choice',
  prompt: 'What is **half** of `2 * 3`?',
  choices: [
    { id: 'a', text: 'three, which is rather long' },
    { id: 'b', text: '# 2 * 3 * 4' },
    { id: 'c', text: 'x = 1\n  y' },
  ],
};
const full: Reply = reply('message', 'Well **done**.', {
  question,
  progress: { step: 2, of: 4, title: 'Halves' },
  commands: ['hint', 'show', 'skip', 'pause'],
});
const UNASKED = { mastery: null, right: 0, wrong: 0 };
const planned: Reply = reply('plan', 'My plan:', {
  plan: [
    { title: 'Halves', objective: 'Cut things in two equal parts', status: 'completed', ...UNASKED },
    { title: 'Quarters', objective: 'Cut again', status: 'in_progress', ...UNASKED },
    { title: 'Thirds', objective: 'Harder', status: 'pending', ...UNASKED },
    { title: 'Fifths', objective: 'Later', status: 'blocked', ...UNASKED },
    { title: 'Sixths', objective: 'Not now', status: 'skipped', ...UNASKED },
  ],
  closing: 'Shall we? Say **approve**.',
  commands: ['approve'],
});

describe('a reply', () => {
  test('a question with choices, without colour', () => {
    expect(renderReply(full, plain(24))).toEqual([
      'Well done.',
      '',
      'Step 2 of 4: Halves',
      'What is half of `2 * 3`?',
      '  a) three, which is',
      '     rather long',
      '  b) # 2 * 3 * 4',
      '  c) x = 1',
      '       y',
      '',
      '(hint · show · skip ·',
      ' pause)',
    ]);
  });

  test('a question with choices, in colour', () => {
    expect(readable(renderReply({ ...full, commands: ['hint'] }, colour(24)))).toEqual([
      'Well «b:done».',
      '',
      '«cyan:Step 2 of 4: Halves»',
      '«b:What is «b:half»«b: of `2 * 3`?»',
      '  a) three, which is',
      '     rather long',
      '  b) # 2 * 3 * 4',
      '  c) x = 1',
      '       y',
      '',
      '«dim:(hint)»',
    ]);
  });

  test('a plan, without colour', () => {
    expect(renderReply(planned, plain(26))).toEqual([
      'My plan:',
      '',
      '✓ 1. Halves: Cut things in',
      '     two equal parts',
      '▸ 2. Quarters: Cut again',
      '  3. Thirds: Harder',
      '! 4. Fifths: Later',
      '– 5. Sixths: Not now',
      '',
      'Shall we? Say approve.',
    ]);
  });

  test('a plan, in colour', () => {
    expect(readable(renderReply(planned, colour(26))).slice(2, 5)).toEqual([
      '✓ 1. «b:Halves»: Cut things in',
      '     two equal parts',
      '▸ 2. «b:Quarters»: Cut again',
    ]);
  });

  test.each<[string, Reply, string[]]>([
    ['words only', reply('message', 'Hi.'), ['Hi.']],
    ['nothing at all', reply('message', ''), []],
    ['a question only', { ...full, text: '', progress: null, commands: [] }, ['What is half of `2 * 3`?']],
    ['no buttons without a question', reply('message', 'Hi.', { commands: ['help'] }), ['Hi.']],
    ['no buttons under a summary', reply('summary', 'Bye.', { question, commands: ['help'] }), ['Bye.', '']],
    [
      'a question in code',
      reply('message', '', { question: { ...question, choices: [], prompt: 'What is\n\n```py\n2 ** 3\n```' } }),
      ['What is', '', '    2 ** 3'],
    ],
    [
      'line breaks in a plan',
      reply('plan', '', { plan: [{ title: 'A\nB', objective: 'c\r\nd\u001b[2J', status: 'pending', ...UNASKED }] }),
      ['  1. A B: c d[2J'],
    ],
  ])('%s', (_, given, start) => {
    const lines = renderReply(given, plain());
    expect(lines.slice(0, start.length)).toEqual(start);
    const choices = given.question?.choices.length ?? 0;
    if (choices === 0) expect(lines).toHaveLength(start.length);
  });

  test('its extras follow its text, so that text shown early can be continued', () => {
    for (const each of [full, planned]) {
      const whole = [...renderText(each.text, colour()), ...renderExtras(each, colour())];
      expect(renderReply(each, colour())).toEqual(whole);
    }
  });
});

describe('whatever is said', () => {
  const anyText = fc.array(
    fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('**', '*', '`', '```', '\n', '$', '| a', '- ', '# ')),
  );
  const screens = fc.record({ width: fc.integer({ min: 0, max: 100 }), colour: fc.boolean() });

  test('rendering does not throw and every line is one line', () => {
    fc.assert(
      fc.property(anyText, screens, (parts, screen) => {
        const text = parts.join('');
        const lines = renderReply(
          {
            ...reply('message', text, { closing: text, progress: { step: 1, of: 2, title: text }, commands: ['hint'] }),
            plan: [{ title: text, objective: text, status: 'pending', ...UNASKED }],
            question: { id: 'q', kind: 'choice', prompt: text, choices: [{ id: 'a', text }] },
          },
          screen,
        );
        expect(lines.filter((line) => /[\r\n]/.test(line))).toEqual([]);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: our own codes, and no others.
        const codes = lines.join('').match(/\u001b(?:\[\d+m)?/g) ?? [];
        expect(codes.filter((code) => !['0', '1', '2', '3', '36'].includes(code.slice(2, -1)))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  const WIDEST = 8;
  const word = fc.oneof(
    { weight: 5, arbitrary: fc.stringMatching(/^[a-z]{1,8}$/) },
    fc.constantFrom('3/4', 'a.', 'x**2', '2*3*4', '😀', '😀😀😀', '分数', '`a`', '$x$', '(b)'),
  );
  const phrase = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join(' '));
  const marked = fc.tuple(fc.constantFrom('', '**', '*', '***'), phrase).map(([mark, words]) => mark + words + mark);
  const line = fc
    .tuple(fc.constantFrom('', '- ', '12. ', '  - ', '## ', '      '), fc.array(marked, { minLength: 1, maxLength: 3 }))
    .map(([start, phrases]) => start + phrases.join(' '));
  const text = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n'));
  const width = fc.integer({ min: WIDEST, max: 60 });
  const columns = (shown: string) => shown.replace(/\p{Emoji_Presentation}|\p{Script=Han}/gu, '__').length;

  test('no line is wider than the screen where its words are not', () => {
    fc.assert(
      fc.property(text, width, fc.boolean(), (said, columnsOfScreen, isColoured) => {
        const lines = renderText(said, { width: columnsOfScreen, colour: isColoured }).map(stripVTControlCharacters);
        // A star that marks nothing is shown, and makes its word longer.
        const words = lines.flatMap((shown) => shown.trim().split(' '));
        const room = Math.max(columnsOfScreen, ...words.filter((each) => each.includes('*')).map(columns));
        expect(lines.filter((shown) => columns(shown) > room)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  test('no word is lost, doubled or moved', () => {
    const words = (lines: string) => lines.match(/[^\s*#]+/g) ?? [];
    fc.assert(
      fc.property(text, width, fc.boolean(), (said, columnsOfScreen, isColoured) => {
        const lines = renderText(said, { width: columnsOfScreen, colour: isColoured });
        expect(words(stripVTControlCharacters(lines.join('\n')))).toEqual(words(said));
      }),
      { numRuns: 1000 },
    );
  });

  test('colour adds codes and nothing else', () => {
    fc.assert(
      fc.property(text, width, (said, columnsOfScreen) => {
        const coloured = renderText(said, colour(columnsOfScreen)).map(stripVTControlCharacters);
        expect(coloured).toEqual(renderText(said, plain(columnsOfScreen)));
      }),
    );
  });
});
