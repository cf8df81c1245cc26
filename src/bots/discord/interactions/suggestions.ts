import type {
  APIApplicationCommandAutocompleteInteraction,
  APIApplicationCommandOptionChoice,
} from 'discord-api-types/v10';
import { soldBy } from '../../../core/billing/plans.ts';
import { CHARACTERS } from '../../../core/characters.ts';
import { languageTag } from '../../../core/languages.ts';
import { paidElsewhere } from '../../../db/billing-accounts.ts';
import { lessonOfThread, recentTopics } from '../../../db/threads.ts';
import { nearestLesson } from '../../own-lesson.ts';
import { mayManage } from '../lessons/people.ts';
import { ADMIN, type AdminOption, type TutorOption } from './commands.ts';
import type { Visit } from './visit.ts';

type Choice = APIApplicationCommandOptionChoice<string>;

const OFFERED = 25;
const CHARACTERS_SHOWN = 100;
/** Somebody is typing: what comes later than that is for nothing. */
const PATIENCE_MS = 1_000;

type Asking = Pick<Visit, 'bot' | 'sender'>;

/** What is offered while somebody fills in a command. Never fails: then less is offered. */
export async function suggestions(
  visitor: Asking,
  { data, channel, member }: APIApplicationCommandAutocompleteInteraction,
): Promise<Choice[]> {
  const options = data.options.flatMap((option) => ('options' in option ? (option.options ?? []) : [option]));
  const focused = options.find((option) => 'focused' in option && option.focused);
  const typed = focused && 'value' in focused ? String(focused.value) : '';
  if (data.name === ADMIN) {
    if (!mayManage(member)) return [];
    const offered = inTime(visitor, 'what is sold', offeredToAdmins(visitor, focused?.name ?? ''));
    return fitting(await offered, typed).slice(0, OFFERED);
  }
  if (focused?.name === ('persona' satisfies TutorOption)) {
    return matching(
      CHARACTERS.map(({ name, label }) => ({ name: label, value: name })),
      typed,
    );
  }
  if (focused?.name === ('voice' satisfies TutorOption)) {
    const voices = await inTime(visitor, 'voices', voicesOfLesson(visitor, channel?.id ?? ''));
    return fitting(voices.map(asChoice), typed).slice(0, OFFERED);
  }
  const { workspace, learner } = visitor.sender;
  const past = recentTopics(visitor.bot.db, 'discord', workspace.id, learner.id, OFFERED);
  const topics = [
    ...(await inTime(visitor, 'past topics', past)),
    ...visitor.bot.curriculum.packs.map(({ title }) => title),
  ];
  return matching([...new Set(topics)].map(asChoice), typed);
}

async function offeredToAdmins({ bot, sender }: Asking, option: string): Promise<Choice[]> {
  const { payments, plans } = bot.billing ?? {};
  if (!payments || !plans) return [];
  if (option === ('plan' satisfies AdminOption)) {
    return soldBy(plans, 'stripe').map(({ id, title }) => ({ name: title, value: id }));
  }
  const elsewhere = await paidElsewhere(bot.db, 'discord', sender.learner.id, sender.workspace.id);
  return elsewhere.map(({ name, workspace }) => ({ name: name.slice(0, CHARACTERS_SHOWN), value: workspace }));
}

/** Of the lesson here, else of the one that the person was in last. */
async function voicesOfLesson(visitor: Asking, channelId: string): Promise<readonly string[]> {
  const { bot } = visitor;
  const nearest = await nearestLesson(visitor, channelId);
  const lesson = nearest && (await lessonOfThread(bot.db, 'discord', nearest.threadId));
  const language = languageTag(lesson?.language ?? null, lesson?.locale ?? null);
  return language ? bot.voices(language) : [];
}

/** Nothing, if it takes too long, or fails. */
async function inTime<T>({ bot }: Asking, what: string, asked: Promise<readonly T[]>): Promise<readonly T[]> {
  const patience = new Promise<T[]>((resolve) => setTimeout(resolve, PATIENCE_MS, []).unref());
  try {
    return await Promise.race([asked, patience]);
  } catch (error) {
    bot.log.warn({ err: error }, `${what} could not be offered`);
    return [];
  }
}

const asChoice = (name: string): Choice => ({ name, value: name });

function fitting(choices: readonly Choice[], typed: string): Choice[] {
  const wanted = typed.trim().toLowerCase();
  return choices.filter(({ name }) => name.toLowerCase().includes(wanted));
}

/** Their own words first, if they are none of these: they may want something else. */
function matching(choices: readonly Choice[], typed: string): Choice[] {
  const wanted = typed.trim().toLowerCase();
  const known = fitting(choices, typed);
  const own = typed.trim().slice(0, CHARACTERS_SHOWN);
  const isNew = own !== '' && !known.some(({ name }) => name.toLowerCase() === wanted);
  return [...(isNew ? [{ name: own, value: own }] : []), ...known]
    .map(({ name, value }) => ({ name: name.slice(0, CHARACTERS_SHOWN), value: value.slice(0, CHARACTERS_SHOWN) }))
    .slice(0, OFFERED);
}
