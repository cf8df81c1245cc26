import { cut } from '../../split.ts';

/** What a tutor, or a learner through it, writes calls nobody, and reads as it was written. Pure. */

/** Shows nothing, and keeps Slack from reading on. */
const NOTHING = '\u2060';

/** Somebody, a group or everybody, in Slack's own form; in code as well, where it would be no less of a call. */
const CALL = /(?:<|&lt;)(?=\\?(?:@[a-z0-9]|!(?:channel|here|everyone|group|subteam)))/gi;
/** As people type it. What has letters before it is an address. */
const TYPED_CALL = /(?<![\w.+-])@(?=(?:channel|here|everyone|group)(?![a-z0-9]))/gi;

/** Of Markdown, and of plain text: nobody is called by it. */
export function defused(text: string): string {
  return text.replace(CALL, `$&${NOTHING}`).replace(TYPED_CALL, `$&${NOTHING}`);
}

/** Plain text for a field that Slack reads as mrkdwn. Marks such as *these* keep their meaning. */
export function escaped(text: string): string {
  return defused(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A text object of at most `most` characters, which Slack shows as they are. */
export function plainText(text: string, most: number): { type: 'plain_text'; text: string } {
  const safe = defused(text);
  // What is cut off may have been what made a call of nobody.
  return { type: 'plain_text', text: safe.length <= most ? safe : defused(cut(safe, most - 1)) };
}
