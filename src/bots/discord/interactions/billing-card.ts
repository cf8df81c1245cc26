import {
  type APIActionRowComponent,
  type APIButtonComponent,
  type APIComponentInMessageActionRow,
  type APIMessageTopLevelComponent,
  ButtonStyle,
  ChannelType,
  ComponentType,
  SelectMenuDefaultValueType,
} from 'discord-api-types/v10';
import type { BillingStatus, Page } from '../../../core/billing/desk.ts';
import type { Plan } from '../../../core/billing/plans.ts';
import { betterThan, offersOf, pageWords, type Reading, statusCard } from '../../billing.ts';
import { cut } from '../../split.ts';
import type { Translate } from '../../words.ts';
import { MESSAGE_LIMIT } from '../replies/markdown.ts';

/** What an admin sees of their server's subscription, and what can be pressed there. Pure. */

export interface Card {
  content: string;
  components: APIMessageTopLevelComponent[];
}

/** With what Discord sells itself, or without: it takes no button for what it does not sell, and then no other either. */
export type CardMaker = (skus: 'with' | 'without') => Card;

const PREFIX = 'billing|';
const PARTS = ['subscribe', 'portal', 'move', 'notices'] as const;

export interface Part {
  does: (typeof PARTS)[number];
  /** The id of a plan, or of a server. */
  what: string;
}

const idOf = (does: Part['does'], what = '') => `${PREFIX}${does}|${what}`;

/** What was pressed; null: it is none of these. */
export function partOf(customId: string): Part | null {
  if (!customId.startsWith(PREFIX)) return null;
  const [name = '', what = ''] = customId.slice(PREFIX.length).split('|');
  const does = PARTS.find((part) => part === name);
  return does ? { does, what } : null;
}

/** Four rows of the five that a message may have. */
export function billingCard(status: BillingStatus, reading: Reading, notices: string | null): CardMaker {
  const { title, lines, usage } = statusCard(status, reading);
  const offers = offersOf(status, reading.words);
  const moves = offers.moves.map(({ workspace, label }) => pressed(idOf('move', workspace), label));
  const content = [`### ${title}`, ...lines, '', ...usage].join('\n').trimEnd();
  return (skus) => ({
    content: cut(content, MESSAGE_LIMIT),
    components: [
      ...rowOf(offersAsButtons(status, reading.words)),
      ...(skus === 'with' ? rowOf(soldInDiscord(status)) : []),
      ...rowOf(moves),
      channelRow(offers.notices, notices),
    ],
  });
}

/** A sentence, and what can be bought. */
export function offerCard(sentence: string, status: BillingStatus, words: Translate): CardMaker {
  return (skus) => ({
    content: sentence,
    components: [...rowOf(offersAsButtons(status, words)), ...(skus === 'with' ? rowOf(soldInDiscord(status)) : [])],
  });
}

/** A link that is for whoever reads it; beside a page to pay on, the same as Discord sells it. */
export function linkCard(page: Page, plan: Plan | null, words: Translate): CardMaker {
  const { text, label } = pageWords(page, words);
  const link: APIButtonComponent = { type: ComponentType.Button, style: ButtonStyle.Link, url: page.url, label };
  const sold = page.kind === 'checkout' && plan ? skuOf(plan) : [];
  return (skus) => ({ content: text, components: [...rowOf([link]), ...(skus === 'with' ? rowOf(sold) : [])] });
}

function offersAsButtons(status: BillingStatus, words: Translate): APIButtonComponent[] {
  const { subscribe, portal } = offersOf(status, words);
  return [
    ...subscribe.map(({ plan, label }) => pressed(idOf('subscribe', plan), label)),
    ...(portal ? [pressed(idOf('portal'), portal)] : []),
  ];
}

/** Whoever has bought by card changes it there: another one would be paid for beside it. */
function soldInDiscord({ held, entitlement, sold }: BillingStatus): APIButtonComponent[] {
  if (held.some(({ source }) => source === 'stripe')) return [];
  return betterThan(entitlement, sold.inDiscord).flatMap(skuOf);
}

/** The first one is sold; the others count for those who have them. */
function skuOf({ discord }: Plan): APIButtonComponent[] {
  return (discord?.skus ?? [])
    .slice(0, 1)
    .map((sku) => ({ type: ComponentType.Button, style: ButtonStyle.Premium, sku_id: sku }));
}

const LABEL = 80;

function pressed(customId: string, label: string): APIButtonComponent {
  const style = ButtonStyle.Secondary;
  return { type: ComponentType.Button, style, custom_id: customId, label: cut(label, LABEL) };
}

const IN_ROW = 5;

function rowOf(buttons: readonly APIButtonComponent[]): APIActionRowComponent<APIComponentInMessageActionRow>[] {
  if (buttons.length === 0) return [];
  return [{ type: ComponentType.ActionRow, components: buttons.slice(0, IN_ROW) }];
}

function channelRow(label: string, chosen: string | null): APIMessageTopLevelComponent {
  const type = SelectMenuDefaultValueType.Channel;
  return {
    type: ComponentType.ActionRow,
    components: [
      {
        ...{ type: ComponentType.ChannelSelect, custom_id: idOf('notices'), placeholder: label },
        ...{ min_values: 0, max_values: 1, channel_types: [ChannelType.GuildText] },
        default_values: chosen ? [{ id: chosen, type }] : [],
      },
    ],
  };
}
