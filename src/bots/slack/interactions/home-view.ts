import type { ActionsBlock, Button, HomeView, KnownBlock } from '@slack/types';
import type { LessonState } from '../../../core/lesson.ts';
import type { TeachingWishes } from '../../../core/messages.ts';
import { cardReply, planLines } from '../../../core/replies.ts';
import type { DueReview } from '../../../core/reviews.ts';
import type { WorkspaceSettings } from '../../../core/settings.ts';
import type { MonthOfWorkspace } from '../../../db/overview.ts';
import { overall } from '../../cards.ts';
import type { Translate, WordKey } from '../../words.ts';
import { escaped, plainText } from '../replies/escape.ts';
import { type BillingContent, billingBlocks } from './billing-view.ts';
import { button, header, inOneLine, text } from './blocks.ts';

/** The tutor's home: what somebody learns and has learnt, and what they, and admins, can change. Pure. */

/** What can be pressed there. */
export const HOME = {
  start: 'home:start',
  review: 'home:review',
  resume: 'home:resume',
  open: 'home:open',
  settings: 'home:settings',
  export: 'home:export',
  forget: 'home:forget',
  admin: 'home:admin',
} as const;

interface ShownLesson {
  threadId: string;
  state: LessonState;
  /** Null where Slack tells none. */
  link: string | null;
}

export interface HomeContent {
  /** The last used first. */
  lessons: readonly ShownLesson[];
  reviews: readonly DueReview[];
  wishes: TeachingWishes;
  /** For who may decide for the workspace; `billing` null: nothing is sold. */
  workspace: { settings: WorkspaceSettings; month: MonthOfWorkspace; billing: BillingContent | null } | null;
}

const MOST_REVIEWS = 10;
const NOTE_LIMIT = 2_900;

export function homeView({ lessons, reviews, wishes, workspace }: HomeContent, words: Translate): HomeView {
  const blocks: KnownBlock[] = [
    header(words('home.title')),
    { type: 'actions', elements: [{ ...button(HOME.start, words('home.start')), style: 'primary' }] },
    ...(reviews.length > 0 ? [header(words('home.reviews'))] : []),
    ...reviews.slice(0, MOST_REVIEWS).map((review) => reviewBlock(review, words)),
    header(words('home.lessons')),
    ...(lessons.length > 0
      ? lessons.flatMap((lesson) => lessonBlocks(lesson, words))
      : [text(words('home.noLessons'))]),
    header(words('settings.title')),
    text(wishesText(wishes, words)),
    mineButtons(words),
    ...(workspace ? workspaceBlocks(workspace, words) : []),
  ];
  return { type: 'home', blocks };
}

function reviewBlock({ topic, titles }: DueReview, words: Translate): KnownBlock {
  const said = `*${inOneLine(topic, 150)}*\n${inOneLine(titles.join('; '), 1_000)}`;
  return { ...text(said), accessory: button(HOME.review, words('home.review'), topic) };
}

function lessonBlocks({ threadId, state, link }: ShownLesson, words: Translate): KnownBlock[] {
  const { standing, progress } = cardReply(state);
  const topic = state.preferences.topic ?? words('start.untitled');
  const step = progress ? ` · ${words('cards.step', { step: progress.step, of: progress.of })}` : '';
  const bar = state.steps.length > 0 ? overall(planLines(state)) : '';
  const lines = [`*${inOneLine(topic, 150)}*`, bar, standing ? words(`cards.${standing}`) + step : ''];
  const open = link && { ...button(HOME.open, words('home.openLesson'), threadId), url: link };
  const resume = state.paused && button(HOME.resume, words('buttons.resume'), threadId);
  const buttons = [...(open ? [open] : []), ...(resume ? [resume] : [])];
  const shown = text(lines.filter(Boolean).join('\n'));
  return buttons.length > 0 ? [shown, { type: 'actions', elements: buttons }] : [shown];
}

const WISHES = ['nickname', 'character', 'style', 'language'] as const satisfies readonly (keyof TeachingWishes)[];

function wishesText(wishes: TeachingWishes, words: Translate): string {
  return WISHES.map((name) => {
    const wish = wishes[name];
    return `${words(`settings.${name}` satisfies WordKey)} *${wish ? inOneLine(wish, 200) : '–'}*`;
  }).join('\n');
}

function mineButtons(words: Translate): ActionsBlock {
  const forget: Button = {
    ...{ ...button(HOME.forget, words('data.forgetConfirm')), style: 'danger' },
    confirm: {
      title: plainText(words('data.forgetConfirm'), 100),
      text: plainText(words('data.forgetAsk'), 300),
      confirm: plainText(words('data.forgetConfirm'), 30),
      deny: plainText(words('data.forgetKeep'), 30),
      style: 'danger',
    },
  };
  const settings = button(HOME.settings, words('home.changeSettings'));
  return { type: 'actions', elements: [settings, button(HOME.export, words('home.export')), forget] };
}

function workspaceBlocks(workspace: NonNullable<HomeContent['workspace']>, words: Translate): KnownBlock[] {
  const { settings, month, billing } = workspace;
  const { channels, starters, language, character, homeworkGuard, monthlyBudget } = settings;
  const budget = monthlyBudget === null ? words('home.noBudget') : words('home.budget', { amount: usd(monthlyBudget) });
  const lines = [
    `${words('admin.channels')}: ${channels.length > 0 ? listed(channels, '#') : words('home.everywhere')}`,
    `${words('forms.starters')}: ${starters.length > 0 ? listed(starters, '@') : words('home.everybody')}`,
    `${words('admin.language')}: *${language ? inOneLine(language, 100) : '–'}*`,
    `${words('admin.character')}: *${character ? inOneLine(character, 200) : '–'}*`,
    `${words('admin.homeworkGuard')}: *${words(homeworkGuard ? 'admin.on' : 'admin.off')}*`,
  ];
  const { lessons, learners, spent } = month;
  return [
    { type: 'divider' },
    header(words('home.workspace')),
    text(lines.join('\n')),
    text(`*${words('home.month')}*\n${words('home.usage', { lessons, learners, spent: usd(spent) })}\n${budget}`),
    ...(billing ? [] : [note(words('billing.everythingOn'))]),
    { type: 'actions', elements: [button(HOME.admin, words('home.changeWorkspace'))] },
    ...(billing ? [header(words('billing.title')), ...billingBlocks(billing)] : []),
  ];
}

function note(words: string): KnownBlock {
  return { type: 'context', elements: [plainText(words, NOTE_LIMIT)] };
}

const usd = (amount: number) => `$${amount.toFixed(2)}`;

const MOST_LISTED = 20;

/** Channels or people, as Slack shows their names. */
function listed(ids: readonly string[], sign: '#' | '@'): string {
  const shown = ids.slice(0, MOST_LISTED).map((id) => `<${sign}${escaped(id)}>`);
  return shown.join(', ') + (ids.length > MOST_LISTED ? ', …' : '');
}
