import { escaped } from '../replies/escape.ts';

/** What people write, as Slack tells it, and as it was meant: plain text. Pure. */

export interface Reading {
  /** Whoever calls the tutor does not speak of it: its own mention is left out. */
  botUserId: string;
  /** What people are called, by their ids. */
  names?: ReadonlyMap<string, string>;
}

/** People's own signs are escaped, so that what stands in angle brackets is always Slack's. */
const MARKUP = /<([^<>]*)>|&(lt|gt|amp);/g;
const SIGNS = { lt: '<', gt: '>', amp: '&' };

/** Code stays as it is, with its fences. */
export function textOf(written: string, { botUserId, names = new Map() }: Reading): string {
  return withoutMention(written, botUserId)
    .replaceAll(MARKUP, (_, markup?: string, sign?: keyof typeof SIGNS) =>
      sign ? SIGNS[sign] : wordsFor(unescaped(markup ?? ''), names),
    )
    .trim();
}

/** Whether it calls somebody, such as the tutor. */
export function callsUser(written: string, userId: string): boolean {
  return [...written.matchAll(MENTION)].some(([, id]) => id === userId);
}

const MENTION = /<@([A-Z0-9]+)(?:\|[^<>]*)?>/g;

/** Who else is spoken of, each once. */
export function peopleIn(written: string, { botUserId }: Pick<Reading, 'botUserId'>): string[] {
  const ids = [...written.matchAll(MENTION)].flatMap(([, id = '']) => (id === botUserId ? [] : [id]));
  return [...new Set(ids)];
}

/** With what sets it apart from the rest. */
function withoutMention(written: string, botUserId: string): string {
  const mention = `<@${botUserId}(?:\\|[^<>]*)?>`;
  const anywhere = [`^\\s*${mention}[\\s,:]*`, `,?[^\\S\\n]?${mention}(?=\\s*(?:[.,;:?!]|$))`, `[^\\S\\n]?${mention}`];
  return written.replaceAll(new RegExp(anywhere.join('|'), 'g'), '');
}

function unescaped(text: string): string {
  return text.replaceAll(/&(lt|gt|amp);/g, (_, sign: keyof typeof SIGNS) => SIGNS[sign]);
}

function wordsFor(markup: string, names: ReadonlyMap<string, string>): string {
  const bar = markup.indexOf('|');
  const target = bar < 0 ? markup : markup.slice(0, bar);
  const label = bar < 0 ? '' : markup.slice(bar + 1);
  switch (target.charAt(0)) {
    case '@':
      return `@${names.get(target.slice(1)) ?? (label || 'someone')}`;
    case '#':
      return `#${label || 'channel'}`;
    case '!':
      return special(target.slice(1), label);
    default:
      return link(target, label);
  }
}

/** Everybody, a group, or a moment. */
function special(target: string, label: string): string {
  const [name = ''] = target.split('^');
  if (name === 'date') return label;
  if (name === 'subteam') return `@${label.replace(/^@/, '') || 'group'}`;
  return label.startsWith('@') ? label : `@${label || name}`;
}

/** Slack makes links of what only looks like one, such as a file's name: that stays what was typed. */
function link(target: string, label: string): string {
  const isTyped = label === '' || target === label || target.replace(/^(?:https?:\/\/|mailto:|tel:)/, '') === label;
  return isTyped ? label || target : `${label} (${target})`;
}

/** Of ours: the channels and people that a sentence names. Nobody but its reader sees it, so that nobody is called. */
const NAMED = /&lt;\u2060?(#[CG][A-Z0-9]+|@[UW][A-Z0-9]+)&gt;/g;

/** A sentence for one person, as mrkdwn: what people wrote stays what it is, and what is named is a link. */
export function sayable(sentence: string): string {
  return escaped(sentence).replaceAll(NAMED, '<$1>');
}
