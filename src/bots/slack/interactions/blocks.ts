import type { ActionsBlock, Button, KnownBlock } from '@slack/types';
import { oneLine } from '../../lines.ts';
import { cut } from '../../split.ts';
import { escaped, plainText } from '../replies/escape.ts';

/** What views are made of. Pure. */

const LABEL_LIMIT = 75;
const VALUE_LIMIT = 2_000;
const TEXT_LIMIT = 2_900;

/** People's words in one line of mrkdwn, where their own marks would change what stands around them. */
export function inOneLine(words: string, most: number): string {
  return escaped(cut(oneLine(words).replaceAll(/[*_~`]/g, ''), most));
}

export function header(words: string): KnownBlock {
  return { type: 'header', text: plainText(words, 150) };
}

export function text(words: string): KnownBlock & { type: 'section' } {
  return { type: 'section', text: { type: 'mrkdwn', text: cut(words, TEXT_LIMIT) } };
}

export function button(actionId: string, label: string, value?: string): Button {
  return {
    ...{ type: 'button', action_id: actionId, text: plainText(label, LABEL_LIMIT) },
    ...(value && { value: value.slice(0, VALUE_LIMIT) }),
  };
}

/** Below each other, as many as Slack has room for; none where there is nothing to press. */
export function actions(buttons: readonly Button[]): ActionsBlock[] {
  return buttons.length > 0 ? [{ type: 'actions', elements: buttons.slice(0, MOST_BUTTONS) }] : [];
}

const MOST_BUTTONS = 25;
