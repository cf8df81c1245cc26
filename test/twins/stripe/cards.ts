/** Stripe's test cards, by what becomes of them. */

export interface Card {
  number: string;
  /** Whether a customer can have it at all. */
  attaches: boolean;
  charges: boolean;
  /** Why the bank says no. */
  declineCode: string;
}

const CARDS = {
  good: { number: '4242424242424242', attaches: true, charges: true, declineCode: '' },
  declined: { number: '4000000000000002', attaches: false, charges: false, declineCode: 'generic_decline' },
  insufficientFunds: { number: '4000000000009995', attaches: false, charges: false, declineCode: 'insufficient_funds' },
  failsLater: { number: '4000000000000341', attaches: true, charges: false, declineCode: 'generic_decline' },
} satisfies Record<string, Card>;

export type CardName = keyof typeof CARDS;

export function cardNamed(name: CardName): Card {
  return CARDS[name];
}

/** As people type it into a page: the number, or the name. */
export function cardTyped(typed: string): Card | null {
  const digits = typed.replaceAll(' ', '');
  const found = Object.entries(CARDS).find(([name, { number }]) => number === digits || name === typed);
  return found?.[1] ?? null;
}
