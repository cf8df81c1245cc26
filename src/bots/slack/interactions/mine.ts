import type { ViewOutput } from '@slack/bolt';
import type { Button } from '@slack/types';
import { exportLearner, forgetLearner } from '../../../core/data-rights.ts';
import type { TeachingWishes } from '../../../core/messages.ts';
import { readProfile, saveWishes } from '../../../core/profile.ts';
import { currentLesson } from '../../../db/threads.ts';
import { both } from '../../in-time.ts';
import { sayInLesson } from '../../own-lesson.ts';
import type { WordKey } from '../../words.ts';
import { directChannel } from '../lessons/people.ts';
import { plainText } from '../replies/escape.ts';
import { filledIn, formOf, textField } from './forms.ts';
import type { Visit } from './visit.ts';

/** What is kept of a person, and what they decide about it: settings, forgetting, export. */

export const WISHES_FORM = 'mine:wishes';
export const FORGET = 'mine:forget';
export const KEEP = 'mine:keep';

const FIELDS = ['nickname', 'character', 'style', 'language'] as const satisfies readonly (keyof TeachingWishes)[];
const WISH_LIMIT = 200;

export async function openWishes(visit: Visit): Promise<void> {
  const { bot, sender, exchange, words } = visit;
  const { wishes } = await visit.soon(readProfile(bot.db, 'slack', sender.workspace.id, sender.learner.id));
  const fields = FIELDS.map((name) =>
    textField({ name, most: WISH_LIMIT, value: wishes[name], label: words(`settings.${name}` satisfies WordKey) }),
  );
  const [title, submit] = [words('forms.wishesTitle'), words('forms.save')];
  await exchange.open(formOf({ id: WISHES_FORM, title, submit, fields, context: { ...exchange.place } }, words));
}

export async function onWishes(visit: Visit, view: ViewOutput): Promise<void> {
  const { bot, sender, exchange, words } = visit;
  const { workspace, learner } = sender;
  const preferences: TeachingWishes = Object.fromEntries(FIELDS.map((field) => [field, filledIn(view, field)]));
  const saving = async () => {
    const threadId = await currentLesson(bot.db, 'slack', workspace.id, learner.id);
    if (!threadId) return saveWishes(bot.db, 'slack', workspace, learner, preferences);
    await sayInLesson(visit, threadId, { id: `view-${view.id}`, action: { type: 'prefer', preferences } });
  };
  await visit.soon(saving());
  if (exchange.place) await exchange.say(words('settings.saved'));
  else await exchange.ack();
}

export function askToForget({ exchange, words }: Visit): Promise<void> {
  const button = (action_id: string, label: string): Button => ({
    type: 'button',
    action_id,
    text: plainText(label, 75),
  });
  const text = words('data.forgetAsk');
  const buttons = [
    { ...button(FORGET, words('data.forgetConfirm')), style: 'danger' as const },
    button(KEEP, words('data.forgetKeep')),
  ];
  return exchange.say({
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      { type: 'actions', elements: buttons },
    ],
  });
}

/** The question is read by the person alone, so nobody else can press. */
export async function onForgetPress({ bot, sender, exchange, words }: Visit, isSure: boolean): Promise<void> {
  await exchange.ack();
  if (isSure) await forgetLearner(bot.db, 'slack', sender.workspace.id, sender.learner.id);
  await exchange.replace({ text: words(isSure ? 'data.forgetDone' : 'data.forgetKept'), blocks: [] });
}

/** They were asked by Slack whether they are sure. */
export async function forgetFromHome({ bot, sender, exchange }: Visit): Promise<void> {
  await both(exchange.ack(), forgetLearner(bot.db, 'slack', sender.workspace.id, sender.learner.id));
}

/** As JSON, for the person to read, and for other programs; a file can be sent to direct messages only. */
export async function exportData({ bot, installation, sender, person, exchange, words }: Visit): Promise<void> {
  const reading = exportLearner(bot.db, 'slack', sender.workspace.id, sender.learner.id);
  const file = Buffer.from(JSON.stringify(await both(exchange.ack(), reading), null, 2));
  const client = await bot.clients.of(installation.id);
  await client.filesUploadV2({
    ...{ file, filename: 'threadtutor.json', title: 'threadtutor.json' },
    channel_id: await directChannel(client, person.id),
    initial_comment: words('data.exportHere'),
  });
  if (exchange.place) await exchange.say(words('forms.exportSent'));
}
