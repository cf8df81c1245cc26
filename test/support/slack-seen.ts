import type { KnownBlock } from '@slack/types';
import type { ShownMessage } from '../twins/slack/shown.ts';

/** Messages as people see them in Slack's client: `*A*` stands out, `[A]` is a button, and `<A>` a menu. */
export function seen(messages: readonly ShownMessage[]): string {
  return messages.map((message) => [`${message.author.name}:`, ...linesOf(message)].join('\n')).join('\n\n');
}

function linesOf({ author, text, blocks }: ShownMessage): string[] {
  const shown =
    author.isBot && blocks.length > 0
      ? blocks.flatMap((block) => blockLines(block as unknown as KnownBlock))
      : text.split('\n');
  return shown.filter(Boolean).map((line) => `    ${line}`);
}

type Element = { type: string; text?: string | { text: string }; style?: string; placeholder?: { text: string } };

function blockLines(known: KnownBlock): string[] {
  switch (known.type) {
    case 'markdown':
      return known.text.split('\n');
    case 'header':
      return [`# ${known.text.text}`];
    case 'section':
      return (known.text?.text ?? '').split('\n');
    case 'context':
      return known.elements.map((each) => `(${textIn(each as Element)})`);
    case 'actions':
      return [known.elements.map((each) => controlIn(each as Element)).join(' ')];
    case 'context_actions':
      return ['[👍] [👎]'];
    case 'divider':
      return ['---'];
    default:
      return [`{${known.type}}`];
  }
}

function controlIn(element: Element): string {
  if (element.type !== 'button') return `<${element.placeholder?.text ?? element.type}>`;
  return element.style === 'primary' ? `*${textIn(element)}*` : `[${textIn(element)}]`;
}

function textIn({ text = '' }: Element): string {
  return typeof text === 'string' ? text : text.text;
}
