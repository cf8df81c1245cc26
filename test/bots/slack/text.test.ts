import { describe, expect, test } from 'vitest';
import { callsUser, peopleIn, sayable, textOf } from '../../../src/bots/slack/lessons/text.ts';

/** What Slack makes of what people type, and back. */

const reading = { botUserId: 'UBOT', names: new Map([['UADA', 'Ada']]) };
const read = (written: string) => textOf(written, reading);

test.each([
  ['signs', '1 &lt; 2 &amp;&amp; 3 &gt; 2', '1 < 2 && 3 > 2'],
  ['what was typed as an escape', '&amp;lt;b&amp;gt;', '&lt;b&gt;'],
  ['somebody whose name is known', 'as <@UADA> says', 'as @Ada says'],
  ['somebody with a label', '<@UX|Ben> says', '@Ben says'],
  ['somebody else', '<@UX> says', '@someone says'],
  ['a channel', 'see <#C1|maths> or <#C2>', 'see #maths or #channel'],
  ['everybody', '<!here> <!channel> <!everyone|@everyone>', '@here @channel @everyone'],
  ['a group', '<!subteam^S1|@teachers> <!subteam^S2>', '@teachers @group'],
  ['a moment', 'at <!date^1392734382^{date_short}^https://example.com/|18 Feb> or so', 'at 18 Feb or so'],
  ['an address', '<https://example.com/?a=1&amp;b=2>', 'https://example.com/?a=1&b=2'],
  ['a link with words', '<https://example.com|this &amp; that>', 'this & that (https://example.com)'],
  ['a name that only looks like an address', 'open <http://main.py|main.py>', 'open main.py'],
  ['mail', '<mailto:ada@example.com|ada@example.com>', 'ada@example.com'],
  ['code', '```\nif a &lt; b:\n    print("&amp;")\n```', '```\nif a < b:\n    print("&")\n```'],
  ['nothing', '', ''],
])('%s', (_, written, text) => {
  expect(read(written)).toBe(text);
});

describe('the call of the tutor', () => {
  test.each([
    ['<@UBOT> fractions', 'fractions'],
    ['<@UBOT|tutor>: fractions', 'fractions'],
    ['  <@UBOT>,\nfractions', 'fractions'],
    ['tell me, <@UBOT>, what a half is', 'tell me, what a half is'],
    ['what is a half <@UBOT>?', 'what is a half?'],
    ['what is a half, <@UBOT>?', 'what is a half?'],
    ['thank you, <@UBOT>', 'thank you'],
    ['one <@UBOT> two', 'one two'],
    ['first\n<@UBOT> second', 'first\n second'],
    ['<@UBOT>', ''],
  ])('is left out of %j', (written, text) => {
    expect(read(written)).toBe(text);
  });

  test('is told from that of others', () => {
    expect(callsUser('hello <@UBOT|tutor>', 'UBOT')).toBe(true);
    expect(callsUser('hello <@UBOTTLE> &lt;@UBOT&gt;', 'UBOT')).toBe(false);
    expect(peopleIn('<@UBOT> <@UADA> <@UX|Ben> <@UADA>', reading)).toEqual(['UADA', 'UX']);
  });
});

test('a sentence for one person names channels and people, and what people wrote calls nobody', () => {
  expect(sayable('Try again in <#C1>, or ask <@U1>.')).toBe('Try again in <#C1>, or ask <@U1>.');
  expect(sayable('I cannot read <!channel> & <b>.txt')).toBe(
    'I cannot read &lt;\u2060!channel&gt; &amp; &lt;b&gt;.txt',
  );
});
