import type { AppHomeOpenedEvent } from '@slack/types';
import { readProfile } from '../../../core/profile.ts';
import { reviewsDue } from '../../../core/reviews.ts';
import { readSettings } from '../../../core/settings.ts';
import { latestLessons, monthOf } from '../../../db/overview.ts';
import { recentTopics } from '../../../db/threads.ts';
import { both } from '../../in-time.ts';
import { sayInLesson } from '../../own-lesson.ts';
import type { Sender } from '../../visitor.ts';
import type { Bot, Installation, Person } from '../bot.ts';
import { isAway, reasonOf, saysNo } from '../failures.ts';
import { senderOf } from '../lessons/people.ts';
import { openAdminForm } from './admin.ts';
import { billingContent } from './billing.ts';
import { HOME, type HomeContent, homeView } from './home-view.ts';
import { exportData, openWishes } from './mine.ts';
import type { Action } from './presses.ts';
import { linkTo, startLesson } from './start.ts';
import { openStartForm } from './start-form.ts';
import type { Visit } from './visit.ts';

/** The tutor's home in Slack, and the direct messages beside it. */

/** Somebody whose home it is. */
type Resident = Pick<Visit, 'bot' | 'installation' | 'sender' | 'person' | 'words'>;

/** Never throws: who opens it again sees it as it is by then. */
export async function onHomeOpened(bot: Bot, installation: Installation, event: AppHomeOpenedEvent): Promise<void> {
  const { tab, user, channel } = event;
  try {
    const person = await currentPerson(bot, installation, user);
    const sender = senderOf(installation, person);
    if (tab === 'messages') return await suggestPrompts(bot, installation, sender, channel);
    await publishHome({ bot, installation, sender, person, words: bot.words.for(person.locale) });
  } catch (error) {
    const why = saysNo(error) || isAway(error) ? { reason: reasonOf(error) } : { err: error };
    bot.log.warn(why, 'the home of somebody in Slack could not be shown');
  }
}

/** Whether somebody may decide for the workspace has to be as it is now; the rest may be older. */
function currentPerson({ people }: Bot, { id }: Installation, user: string): Promise<Person> {
  return people.freshly(id, user).catch(async () => ({ ...(await people.of(id, user)), mayManage: false }));
}

/** One after the other for each person: what was read later is what stays. */
function publishHome(resident: Resident): Promise<void> {
  const { bot, installation, person, words } = resident;
  return bot.inOrder(`home-${installation.id}-${person.id}`, async () => {
    const client = await bot.clients.of(installation.id);
    await client.views.publish({ user_id: person.id, view: homeView(await contentFor(resident), words) });
  });
}

/** After a change, which counts, whether or not it shows there. */
export async function republishHome(visit: Visit): Promise<void> {
  const { bot, installation, person } = visit;
  try {
    await publishHome({ ...visit, person: await currentPerson(bot, installation, person.id) });
  } catch (error) {
    bot.log.debug({ reason: reasonOf(error) }, 'a home is not as it should be');
  }
}

const SHOWN_LESSONS = 5;
/** Among those is what is to be reviewed. */
const LOOKED_AT = 30;

async function contentFor(resident: Resident): Promise<HomeContent> {
  const { bot, installation, sender, person } = resident;
  const who = [bot.db, 'slack', sender.workspace.id, sender.learner.id] as const;
  const [lessons, { wishes }, workspace] = await Promise.all([
    latestLessons(...who, LOOKED_AT),
    readProfile(...who),
    person.mayManage ? workspaceOf(resident) : null,
  ]);
  const shown = lessons.slice(0, SHOWN_LESSONS).map(async ({ threadId, state }) => ({
    ...{ threadId, state },
    link: await urlOf(bot, installation, threadId),
  }));
  const reviews = reviewsDue(lessons, new Date(bot.now()));
  return { lessons: await Promise.all(shown), reviews, wishes, workspace };
}

/** Null where Slack tells none: the rest is shown all the same. */
async function urlOf(bot: Bot, installation: Installation, threadId: string): Promise<string | null> {
  const link = await linkTo({ bot, installation }, threadId).catch(() => '');
  return link.startsWith('https:') || link.startsWith('http:') ? link : null;
}

async function workspaceOf(resident: Resident): Promise<HomeContent['workspace']> {
  const { db } = resident.bot;
  const { id } = resident.sender.workspace;
  const [settings, month, billing] = await Promise.all([
    readSettings(db, 'slack', id),
    monthOf(db, 'slack', id),
    billingContent(resident),
  ]);
  return { settings, month, billing };
}

/** What is pressed there; false: it belongs to something else. */
export async function onHomePress(visit: Visit, { action_id: id, action_ts: at, ...action }: Action): Promise<boolean> {
  const value = 'value' in action ? (action.value ?? '') : '';
  switch (id) {
    case HOME.start:
      await openStartForm(visit, {}, null);
      return true;
    case HOME.review: {
      const wanted = { id: `press-${visit.person.id}-${at}`, question: null, channel: null };
      await startLesson(visit, { ...wanted, start: { topic: value, mode: 'course' } });
      await republishHome(visit);
      return true;
    }
    case HOME.resume:
      await resume(visit, value, `press-${at}`);
      return true;
    case HOME.open:
      await visit.exchange.ack();
      return true;
    case HOME.settings:
      await openWishes(visit);
      return true;
    case HOME.export:
      await exportData(visit);
      return true;
    case HOME.admin:
      await openAdminForm(visit);
      return true;
    default:
      return false;
  }
}

async function resume(visit: Visit, threadId: string, id: string): Promise<void> {
  const { exchange, words } = visit;
  await both(exchange.ack(), sayInLesson(visit, threadId, { id, action: { type: 'resume' } }));
  await exchange.say(words('start.resumed', { thread: await linkTo(visit, threadId) }));
}

const MOST_PROMPTS = 4;
const TITLE_LIMIT = 60;

/** What somebody may want to write first: what they learnt last, and what there is to learn. */
async function suggestPrompts(bot: Bot, installation: Installation, sender: Sender, channel: string): Promise<void> {
  const { workspace, learner } = sender;
  const recent = await recentTopics(bot.db, 'slack', workspace.id, learner.id, 2);
  const topics = [...recent, ...bot.curriculum.packs.map(({ title }) => title)];
  const [first, ...others] = [...new Set(topics)].slice(0, MOST_PROMPTS);
  if (first === undefined) return;
  const promptOf = (topic: string) => ({ title: topic.slice(0, TITLE_LIMIT), message: topic });
  const client = await bot.clients.of(installation.id);
  try {
    await client.assistant.threads.setSuggestedPrompts({
      ...{ channel_id: channel, prompts: [promptOf(first), ...others.map(promptOf)] },
    });
  } catch (error) {
    bot.log.debug({ reason: reasonOf(error) }, 'no prompts were suggested');
  }
}
