import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../../errors.ts';
import { soon } from '../../in-time.ts';
import { quote } from '../../lines.ts';
import { splitMarkdown } from '../../split.ts';
import type { Visitor } from '../../visitor.ts';
import type { Bot, Installation, Person } from '../bot.ts';
import { isAway, NotInstalled, reasonOf, saysNo } from '../failures.ts';
import { senderOf } from '../lessons/people.ts';
import { refusedPlace } from '../lessons/places.ts';
import { sayable } from '../lessons/text.ts';
import { wayOut } from '../lessons/way-out.ts';
import { type Answering, type Exchange, openExchange } from './exchange.ts';

/** One interaction of somebody on Slack. */
export interface Visit extends Visitor {
  bot: Bot;
  installation: Installation;
  exchange: Exchange;
  /** As far as Slack has told by then. */
  person: Person;
  /** Rejects with UserError where the first answer would come too late: there is one deadline, however much is waited for. */
  soon<T>(work: Promise<T>): Promise<T>;
}

/** What a payload tells of an interaction. */
export interface Heard extends Answering {
  userName: string | undefined;
  team: string | undefined;
  /** What was typed into a form, by block: whoever filled it in gets it back. */
  typed?: Readonly<Record<string, string>>;
  /** Of a form: a block that can be filled in, below which it can be said what is wrong. */
  field?: string | undefined;
}

/** For the person's language, before anything is answered. */
const PATIENCE_MS = 400;

/** Whatever goes wrong, the person reads one sentence. Never throws. */
export async function handle(
  bot: Bot,
  installation: Installation,
  heard: Heard,
  work: (visit: Visit) => Promise<void>,
): Promise<void> {
  const since = performance.now();
  const person = await personIn(bot, installation, heard);
  const words = bot.words.for(person.locale);
  const { telemetry, log } = bot;
  const exchange = openExchange({ client: () => bot.clients.of(installation.id), telemetry, log, words }, heard);
  const visit: Visit = {
    ...{ bot, installation, sender: senderOf(installation, person), words, exchange, person },
    soon: (work) => soon(work, words, since),
  };
  try {
    await work(visit);
    await exchange.ack();
  } catch (error) {
    await explain(visit, heard, error);
  }
}

async function personIn(bot: Bot, installation: Installation, heard: Heard): Promise<Person> {
  const { user: id, userName, team = null } = heard;
  const known = { id, name: userName ?? id, locale: null, mayManage: false, team };
  return Promise.race([bot.people.of(installation.id, id), sleep(PATIENCE_MS, known, { ref: false })]);
}

async function explain(visit: Visit, heard: Heard, error: unknown): Promise<void> {
  const { bot, installation, exchange, words } = visit;
  const where = { installation, channelId: heard.place?.channel ?? '', words };
  const meant = error instanceof UserError ? error : refusedPlace(error, where);
  const isExpected = meant instanceof UserError || isAway(error) || error instanceof NotInstalled;
  if (!isExpected) bot.log.error({ err: error }, 'an interaction failed');
  const isSlacks = saysNo(error) || isAway(error) || error instanceof NotInstalled;
  const sentence =
    meant instanceof UserError ? meant.message : words(isSlacks ? 'forms.slackFailed' : 'errors.unavailable');
  const typed = Object.entries(heard.typed ?? {}).filter(([, text]) => text.trim() !== '');
  try {
    const field = typed[0]?.[0] ?? heard.field;
    if (field && !exchange.isAcknowledged) return await exchange.ack({ [field]: sentence });
    if (meant instanceof UserError && meant.code === 'plan_limit') return await offerWayOut(visit, meant);
    const quoted = typed.map(([, text]) => quote(text)).join('\n');
    for (const part of splitMarkdown([sentence, quoted].filter(Boolean).join('\n\n'), PART_LIMIT)) {
      await exchange.say(readable(part));
    }
  } catch (failure) {
    bot.log.warn({ reason: reasonOf(failure) }, 'somebody could not be told why');
  }
}

/** Whoever decides for the workspace can do something about it. */
async function offerWayOut({ bot, installation, person, exchange }: Visit, error: UserError): Promise<void> {
  await exchange.ack();
  const text = readable(error.message);
  const below = await wayOut(bot, installation.id, person.id, error);
  await exchange.say({ text, blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }, ...below] });
}

const PART_LIMIT = 3_000;

/** As mrkdwn, where a quote stays a quote. */
function readable(sentence: string): string {
  return sayable(sentence).replaceAll(/^&gt; /gm, '> ');
}
