import {
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  type APIMessageComponentInteraction,
  RESTJSONErrorCodes,
} from 'discord-api-types/v10';
import {
  type BillingStatus,
  billingStatus,
  type Client,
  moveHere,
  openPortal,
  subscribe,
} from '../../../core/billing/desk.ts';
import type { Plan } from '../../../core/billing/plans.ts';
import type { Billing } from '../../../core/billing/settling.ts';
import type { Asked } from '../../../core/billing/sources.ts';
import { changeSettings, readSettings } from '../../../core/settings.ts';
import { UserError } from '../../../errors.ts';
import { movedWords, orRefuse } from '../../billing.ts';
import { isRefusal, reasonOf } from '../failures.ts';
import { requireAdmin } from './admin.ts';
import { billingCard, type Card, type CardMaker, linkCard, offerCard, partOf } from './billing-card.ts';
import type { Visit } from './visit.ts';

/** `/tutor-admin billing`, `subscribe` and `move`: read by the admin alone, who is asked at each press whether they are one. */

type Command = APIChatInputApplicationCommandInteraction;
type Asking = Command | APIMessageComponentInteraction;

export async function openBilling(visit: Visit, interaction: Command): Promise<void> {
  const billing = admitted(visit, interaction);
  await visit.exchange.defer();
  await say(visit, await cardFor(visit, interaction, billing));
}

/** The page to pay on; where it is not clear for what, the card with all that there is. */
export async function subscribeTo(visit: Visit, interaction: Command, wanted: string): Promise<void> {
  const billing = admitted(visit, interaction);
  await visit.exchange.defer();
  const { sold } = await billingStatus(billing, clientOf(visit, interaction));
  const [only, ...others] = sold.byCard;
  const isWanted = ({ id, title }: Plan) => id === wanted || title.toLowerCase() === wanted.trim().toLowerCase();
  const plan = sold.byCard.find(isWanted) ?? (wanted === '' && others.length === 0 ? only : undefined);
  if (plan) await sayCheckout(visit, interaction, billing, plan);
  else await say(visit, await cardFor(visit, interaction, billing));
}

export async function moveFrom(visit: Visit, interaction: Command, wanted: string): Promise<void> {
  const billing = admitted(visit, interaction);
  await visit.exchange.defer();
  const { elsewhere } = await billingStatus(billing, clientOf(visit, interaction));
  const from = elsewhere.find(({ workspace, name }) => workspace === wanted || name === wanted);
  await visit.exchange.say(await moved(visit, interaction, billing, from?.workspace ?? wanted));
}

/** False: the component is another one. */
export async function onBillingPress(visit: Visit, interaction: APIMessageComponentInteraction): Promise<boolean> {
  const { bot, exchange, sender, words } = visit;
  const part = partOf(interaction.data.custom_id);
  if (!part) return false;
  const billing = admitted(visit, interaction);
  const plan = billing.plans.plans.find(({ id, stripe }) => id === part.what && stripe);
  // What is not sold any more, on a card from before.
  if (part.does === 'subscribe' && !(plan && billing.payments)) return false;
  await exchange.acknowledge();
  if (part.does === 'subscribe' && plan) {
    await sayCheckout(visit, interaction, billing, plan);
    return true;
  }
  if (part.does === 'portal') {
    const page = heard(visit, await openPortal(billing, clientOf(visit, interaction)));
    await say(visit, linkCard(page, null, words));
    return true;
  }
  if (part.does === 'move') {
    await exchange.say(await moved(visit, interaction, billing, part.what));
  } else {
    const [channel = null] = 'values' in interaction.data ? interaction.data.values : [];
    await changeSettings(bot.db, 'discord', sender.workspace, { notices: channel });
  }
  await put(visit, await cardFor(visit, interaction, billing), (card) => exchange.edit(card));
  return true;
}

/** Somebody was refused by what the plan leaves, and may change that: with the reason comes what there is to have. */
export async function offerMore(visit: Visit, interaction: APIInteraction, sentence: string): Promise<void> {
  const { bot, exchange, words } = visit;
  if (!bot.billing) return exchange.say(sentence);
  await exchange.defer();
  const status = await billingStatus(bot.billing, clientOf(visit, interaction));
  await say(visit, offerCard(sentence, status, words));
}

/** Throws UserError for whoever may not, and where nothing is sold. */
function admitted({ bot, words }: Visit, interaction: Asking): Billing {
  requireAdmin(interaction, words);
  if (!bot.billing) throw new UserError('not_sold', words('billing.everythingOn'));
  return bot.billing;
}

function clientOf({ sender }: Visit, interaction: APIInteraction): Client {
  const locale = 'locale' in interaction ? interaction.locale : null;
  return { platform: 'discord', workspace: sender.workspace, person: sender.learner.id, locale };
}

async function cardFor(visit: Visit, interaction: Asking, billing: Billing): Promise<CardMaker> {
  const { bot, sender, words } = visit;
  const client = clientOf(visit, interaction);
  const [status, settings]: [BillingStatus, { notices: string | null }] = await Promise.all([
    billingStatus(billing, client),
    readSettings(bot.db, 'discord', sender.workspace.id),
  ]);
  const reading = { plans: billing.plans, now: billing.now(), words, locale: client.locale };
  return billingCard(status, reading, settings.notices);
}

async function sayCheckout(visit: Visit, interaction: Asking, billing: Billing, plan: Plan): Promise<void> {
  const page = heard(visit, await subscribe(billing, clientOf(visit, interaction), plan.id));
  await say(visit, linkCard(page, plan, visit.words));
}

async function moved(visit: Visit, interaction: Asking, billing: Billing, from: string): Promise<string> {
  return movedWords(heard(visit, await moveHere(billing, clientOf(visit, interaction), from)), visit.words);
}

function heard<Result>({ bot, words }: Visit, asked: Asked<Result>): Result {
  return orRefuse(asked, words, ({ reason, detail }) => {
    bot.log[reason === 'away' ? 'warn' : 'error']({ detail }, 'what an admin asked of Stripe came to nothing');
  });
}

function say(visit: Visit, make: CardMaker): Promise<void> {
  return put(visit, make, (card) => visit.exchange.say(card));
}

/** Whatever is wrong with what Discord is to sell, the rest can be had. */
async function put({ bot }: Visit, make: CardMaker, show: (card: Card) => Promise<void>): Promise<void> {
  try {
    await show(make('with'));
  } catch (error) {
    if (!isRefusal(error, RESTJSONErrorCodes.InvalidFormBodyOrContentType)) throw error;
    bot.log.error({ reason: reasonOf(error) }, 'Discord does not take the buttons of its own shop: see the plans');
    await show(make('without'));
  }
}
