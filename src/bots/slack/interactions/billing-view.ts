import type { Button, KnownBlock, ModalView } from '@slack/types';
import type { BillingStatus, Page } from '../../../core/billing/desk.ts';
import { type Offers, offersOf, pageWords, type Reading, statusCard } from '../../billing.ts';
import type { Translate } from '../../words.ts';
import { plainText } from '../replies/escape.ts';
import { actions, button, inOneLine, text } from './blocks.ts';
import { CHANNELS } from './forms.ts';

/** What a workspace has and pays, and what its admins can do about it: in the home, and in a window. Pure. */

/** What can be pressed there. */
export const BILLING = {
  /** Followed by the plan. */
  subscribe: 'billing:subscribe:',
  manage: 'billing:manage',
  /** Leads to a page at Stripe. */
  page: 'billing:page',
  notices: 'billing:notices',
  direct: 'billing:direct',
  /** Followed by a number. */
  move: 'billing:move:',
} as const;

export interface BillingContent {
  status: BillingStatus;
  /** The channel in which admins want to be told of it. */
  notices: string | null;
  reading: Reading;
}

const TITLE_LIMIT = 24;
/** So that there is room for the rest of a home. */
const MOST_MOVES = 10;
/** Of a sentence. */
const LINE = 600;

export function billingBlocks({ status, notices, reading }: BillingContent): KnownBlock[] {
  const { words } = reading;
  const { title, lines, usage } = statusCard(status, reading);
  const { subscribe, portal, moves } = offersOf(status, words);
  const shown = (each: string) => inOneLine(each, LINE);
  return [
    text([`*${shown(title)}*`, ...lines.map(shown)].join('\n')),
    ...(usage.length > 0 ? [text(usage.map(shown).join('\n'))] : []),
    ...actions([
      ...subscribe.map(subscribeButton),
      ...(portal ? [button(BILLING.manage, portal)] : []),
      ...moves.slice(0, MOST_MOVES).map((each, index) => moveButton(each, index, words)),
    ]),
    channelBlock(notices, words),
    ...(notices ? actions([button(BILLING.direct, words('home.noticesDirect'))]) : []),
  ];
}

function subscribeButton({ plan, label }: Offers['subscribe'][number]): Button {
  return { ...button(BILLING.subscribe + plan, label, plan), style: 'primary' };
}

/** What it is used for now goes without it. */
function moveButton({ workspace, label }: Offers['moves'][number], index: number, words: Translate): Button {
  return {
    ...button(`${BILLING.move}${index}`, label, workspace),
    confirm: {
      title: plainText(words('billing.title'), 100),
      text: plainText(label, 300),
      confirm: plainText(words('forms.send'), 30),
      deny: plainText(words('forms.cancel'), 30),
    },
  };
}

/** Slack keeps what was chosen in a block that stays: one for each channel shows what is stored. */
function channelBlock(channel: string | null, words: Translate): KnownBlock {
  return {
    ...{ ...text(inOneLine(words('billing.noticesChannel'), LINE)), block_id: `${BILLING.notices}:${channel ?? ''}` },
    accessory: {
      ...{ type: 'conversations_select', action_id: BILLING.notices, filter: CHANNELS },
      placeholder: plainText(words('forms.choose'), 150),
      ...(channel && { initial_conversation: channel }),
    },
  };
}

export function billingWindow(content: BillingContent): ModalView {
  return windowWith(billingBlocks(content), content.reading.words);
}

/** A sentence. */
export function sentenceWindow(sentence: string, words: Translate): ModalView {
  return windowWith([text(inOneLine(sentence, LINE))], words);
}

/** A link that is for whoever sees the window, and nobody else. */
export function pageWindow(page: Page, words: Translate): ModalView {
  const { text: sentence, label } = pageWords(page, words);
  const link: Button = { ...button(BILLING.page, label), url: page.url, style: 'primary' };
  return windowWith([text(inOneLine(sentence, LINE)), ...actions([link])], words);
}

function windowWith(blocks: KnownBlock[], words: Translate): ModalView {
  return {
    type: 'modal',
    title: plainText(words('billing.title'), TITLE_LIMIT),
    close: plainText(words('home.close'), TITLE_LIMIT),
    blocks,
  };
}
