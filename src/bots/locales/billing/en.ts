/** What is said of subscriptions. Every other language has these keys, with the same names in braces. */
export const billing = {
  lessonsUsed: '{{plan}} allows {{count}} lessons a month here, and they are used up until the month is over.',
  lessonsAtOnce:
    '{{plan}} allows {{count}} lessons at the same time here, and so many are under way. Try again in a while.',
  lessonsLeft: 'Lessons left here this month: {{count}}.',
  mayChange: 'Whoever manages this place can change that: {{command}}.',
  title: 'Subscription',
  everythingOn: 'Whoever runs this tutor pays for it: there is nothing to pay here, and everything is switched on.',
  plan: 'Plan: {{plan}}',
  nothingPaid: 'Nothing is paid for here.',
  byCard: 'Paid for by card.',
  inDiscord: 'Bought in Discord.',
  planByCard: '{{plan}}, by card',
  planInDiscord: '{{plan}}, in Discord',
  trial: 'The trial lasts until {{date}}; from then on it is paid for, unless it is canceled before.',
  renews: 'It renews by itself on {{date}}.',
  goesOn: 'It goes on until it is canceled.',
  endsOn:
    'It was canceled, and goes on until {{date}}. Then the limits of {{free}} hold; nothing that was learned is lost.',
  owed: 'A payment failed, and is tried again. Everything goes on until {{date}}; with a card that works, it stays so.',
  failed:
    'The payment for {{plan}} failed too often, so it does not count any more. Nothing is lost: once the open bill is paid, it counts again.',
  unfinished: 'The first payment for {{plan}} did not go through. Finish it, or it lapses.',
  twice: 'This place is paid for twice: {{plans}}. One is enough.',
  cancelCard: 'The one by card is canceled on the page with the cards and bills.',
  cancelDiscord: 'The one in Discord is canceled in the settings of whoever bought it, under Subscriptions.',
  lessonsThisMonth: 'Lessons this month',
  voiceThisMonth: 'Minutes of voice this month',
  lessonsNow: 'Lessons under way',
  usedOf: '{{used}} of {{most}}',
  noLimit: '{{used}}, without a limit',
  notIncluded: 'not part of this plan',
  countedFrom: 'From {{date}} the month is counted afresh.',
  subscribeTo: 'Subscribe: {{plan}}',
  manage: 'Cards, bills, canceling…',
  useHere: 'Use it here: {{place}}',
  noticesChannel: 'Channel for news of the subscription',
  checkoutHere: 'Here you can subscribe for this place. The link is for you alone.',
  openCheckout: 'Subscribe at Stripe',
  portalHere:
    'Here are the plan, cards and bills, and here it is canceled. The link is for you alone, and works for a while only.',
  openPortal: 'Open at Stripe',
  away: 'I could not reach Stripe just now. Nothing was charged; try again in a moment.',
  refused: 'That does not work, and asking again will not help. Nothing was charged; whoever runs me can read why.',
  movedHere: 'Done: what you pay for counts here from now on.',
  notTheirs: 'You pay by card for no other place that I know of, so there is nothing that I could move.',
  taken: 'Something was bought by card here already. Once that has ended, the other can be moved here.',
  noticeBegun: '{{plan}} is on from now. Thank you!',
  noticeTrialEnding:
    'The trial of {{plan}} ends on {{date}}. From then on it is paid for, unless it is canceled before.',
  noticePastDue:
    'A payment for {{plan}} failed. It is tried again, and everything goes on until {{date}}; please check the card.',
  noticeRecovered: 'The payment for {{plan}} went through after all, and everything goes on. Thank you!',
  noticeEnding: '{{plan}} was canceled, and goes on until {{date}}.',
  noticeEnded:
    '{{plan}} has ended. Unless something else is paid for here, the limits of the free plan hold now; nothing that was learned is lost.',
  noticePaused:
    'The trial of {{plan}} is over and there is no card to charge, so it is paused. Nothing is lost: with a card, it counts again.',
  noticeDisputed: 'The payment for {{plan}} is disputed at the bank, so it does not count until that is settled.',
  noticeRefunded: 'The payment for {{plan}} was given back, so it does not count any more.',
  noticeKicked:
    'I was removed, and {{plan}} is still paid for. Add me again, and everything is as before; or use it in another place, or cancel it.',
  removedHow:
    'To add me again, or to cancel there: {{invite}}. To use it on another server, type {{command}} there. What was bought in Discord is canceled in the settings of whoever bought it, under Subscriptions.',
  noticeMoved:
    '{{plan}} is used in another place from now on. Unless something else is paid for here, the limits of the free plan hold now.',
  seeMore: '{{command}} shows how things stand, and what can be done.',
  inPlace: '{{place}}: {{text}}',
} as const;
