import fc from 'fast-check';
import { anyText } from './replies.ts';

/** What in a text that Slack shows would call somebody; written apart from the code that sees to it that nothing does. */
export function calls(text: string): string[] {
  return [
    ...(text.match(/(?:<|&lt;)\\?(?:@[UW][A-Z0-9]|!(?:channel|here|everyone|group|subteam))/gi) ?? []),
    ...(text.match(/(?<![a-z0-9_.+-])@(?:channel|here|everyone)(?![a-z0-9])/gi) ?? []),
  ];
}

/** All that is there to be read in a message, in its order. */
export function textsIn(shown: unknown): string[] {
  if (typeof shown !== 'object' || shown === null) return [];
  return Object.entries(shown).flatMap(([key, part]) =>
    typeof part === 'string' ? (key === 'text' ? [part] : []) : textsIn(part),
  );
}

const call = fc.constantFrom(
  ...['<!channel>', '<!here|x>', '<!everyone>', '<!subteam^S1>', '<@U123>', '<@', '<', '!channel>', '<!', '&lt;!here>'],
  ...['@channel', '@here', '@', 'here', '@everyone.', 'a@here', '\n', ' ', '```', 'word', '数', '> ', '**'],
);

/** Texts that any tutor may write, and such as try to call people. */
export const someText = fc.oneof(
  anyText,
  fc.array(call, { maxLength: 30 }).map((parts) => parts.join('')),
  fc.tuple(call, fc.nat(1500)).map(([what, times]) => what.repeat(times)),
);
