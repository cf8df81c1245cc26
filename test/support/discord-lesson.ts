import { type APIMessageTopLevelComponent, ButtonStyle, ComponentType } from 'discord-api-types/v10';
import { expect, onTestFinished } from 'vitest';
import { isSettled } from '../../src/db/lessons.ts';
import type { Logger } from '../../src/log.ts';
import type { Runtime } from '../../src/runtime.ts';
import type { Person } from '../twins/discord/people.ts';
import type { OptionValue } from '../twins/discord/picker.ts';
import type { ShownMessage } from '../twins/discord/shown.ts';
import type { ChannelHandle, DiscordTwin, GuildHandle } from '../twins/discord/twin.ts';
import type { Used } from '../twins/discord/used.ts';
import { until } from './classroom.ts';
import { type DiscordSchool, openDiscordSchool, type SchoolOptions } from './discord.ts';

/** People in lessons on Discord, each of whom waits until all that they have said is answered. */

export interface DiscordServer extends DiscordSchool {
  guild: GuildHandle;
  channel: ChannelHandle;
  ada: Person;
}

/** The tutor may be in this process or in others: its database is enough. */
interface AnyTutor {
  twin: DiscordTwin;
  runtime: Pick<Runtime, 'db'>;
}

/** Older than anything in it. */
const FIRST_SERVER = 700_000_000_000_000_000n;
/** A test file has one database, and a twin for each test. */
let servers = 0;

/**
 * A server of its own with the channel "maths" and one member. The test fails when Discord's rules were broken, or when something
 * went wrong that nobody expects.
 */
export async function openDiscordServer(databaseUrl: string, options: SchoolOptions = {}): Promise<DiscordServer> {
  const errors: unknown[] = [];
  const runtime = { log: logOfErrors(errors), ...options.runtime };
  const school = await openDiscordSchool(databaseUrl, { ...options, runtime });
  onTestFinished(() => expect({ errors, violations: school.twin.violations }).toEqual({ errors: [], violations: [] }));
  await until(() => school.twin.commands().length > 0);
  servers += 1;
  const guild = school.twin.addGuild({ name: 'School', id: String(FIRST_SERVER + BigInt(servers)) });
  return { ...school, guild, channel: guild.addChannel({ name: 'maths' }), ada: guild.addMember({ name: 'Ada' }) };
}

function logOfErrors(errors: unknown[]): Logger {
  const quiet = () => {};
  const error = (...said: unknown[]) => void errors.push(said);
  const log: Logger = { debug: quiet, info: quiet, warn: quiet, error, child: () => log };
  return log;
}

export interface DiscordLesson {
  /** Where it is read: a thread, or the direct messages. */
  id: string;
  learner: Person;
  says(content: string, more?: Parameters<Person['says']>[2]): Promise<ShownMessage>;
  /** In a voice message. */
  speaks(recorded: Parameters<Person['speaks']>[1]): Promise<ShownMessage>;
  /** The newest button of that name that can be pressed. */
  presses(button: string): Promise<Used>;
  runs(command: string, options?: Record<string, OptionValue>): Promise<Used>;
  /** Presses what opens a form, fills it in, and sends it. */
  writes(button: string, text: string): Promise<Used>;
  messages(): ShownMessage[];
  last(): ShownMessage;
}

export const UNAVAILABLE = 'I could not reach my notebook just now. Nothing is lost; try again in a moment.';

/** `/tutor start`, answered. Whoever is told to try again, as on a machine that stood still, does so once. */
export async function asksForLesson(
  learner: Person,
  channel: { id: string },
  options: Record<string, OptionValue>,
): Promise<{ used: Used; answer: string }> {
  const ask = async () => {
    const used = learner.runs(channel, 'tutor start', options);
    return { used, answer: await answerTo(used) };
  };
  const first = await ask();
  return first.answer === UNAVAILABLE ? ask() : first;
}

/** `/tutor start`, until everything is there that it brings. Throws when no lesson was opened. */
export async function startLesson(
  on: AnyTutor,
  channel: { id: string },
  learner: Person,
  options: Record<string, OptionValue> = { topic: 'fractions' },
): Promise<DiscordLesson> {
  const { used, answer } = await asksForLesson(learner, channel, options);
  await answered(on.runtime, used.id);
  const threadId = /<#(\d+)>/.exec(answer)?.[1];
  return lessonIn(on, threadId ?? channel.id, learner);
}

export function lessonIn({ twin, runtime }: AnyTutor, id: string, learner: Person): DiscordLesson {
  const place = { id };
  const withButton = (button: string) => {
    const message = twin.messages(id).findLast((each) => enabledButtons(each.components).includes(button));
    if (!message) throw new Error(`nobody sees a button "${button}" in:\n${asSeen(twin, id)}`);
    return message;
  };
  return {
    id,
    learner,
    async says(content, more) {
      const message = learner.says(place, content, more);
      await answered(runtime, message.id);
      return message;
    },
    async speaks(recorded) {
      const message = learner.speaks(place, recorded);
      await answered(runtime, message.id);
      return message;
    },
    async presses(button) {
      const message = withButton(button);
      const used = learner.presses(message, button);
      await Promise.all([used.acknowledged, answered(runtime, used.id, message.id)]);
      // That a choice is made shows on its buttons after it was taken.
      const isShown = () => {
        const now = twin.messages(id).find((each) => each.id === message.id);
        return !enabledButtons(now?.components ?? []).includes(button);
      };
      if (button.includes(' · ')) await until(isShown);
      return used;
    },
    async runs(command, options) {
      const used = learner.runs(place, command, options);
      await Promise.all([used.acknowledged, answered(runtime, used.id)]);
      return used;
    },
    async writes(button, text) {
      const opened = learner.presses(withButton(button), button);
      await opened.acknowledged;
      const sent = opened.submits({ written: text });
      await Promise.all([sent.acknowledged, answered(runtime, sent.id)]);
      return sent;
    },
    messages: () => twin.messages(id),
    last() {
      const message = twin.messages(id).at(-1);
      if (!message) throw new Error('nothing was said');
      return message;
    },
  };
}

/**
 * Until what came with this id, of a message or an interaction, is taken in, and nothing is owed in its lesson. A choice
 * has the id of the message that it was made on.
 */
export function answered({ db }: Pick<Runtime, 'db'>, id: string, madeOn = id): Promise<void> {
  const query = db
    .selectFrom('messages')
    .select('lesson_id')
    .where((where) =>
      where.or([
        where('platform_message_id', '=', id),
        where(where.fn('starts_with', ['platform_message_id', where.val(`${madeOn}/`)]), '=', true),
      ]),
    );
  return until(async () => {
    const message = await query.executeTakeFirst();
    return message !== undefined && (await isSettled(db, message.lesson_id));
  });
}

/** The sentence that a person reads by themselves. */
export async function answerTo(used: Used): Promise<string> {
  await until(() => used.replies().length > 0);
  return used.replies().at(-1)?.content ?? '';
}

/** A channel as its members see it. `~A~` cannot be pressed any more, `*A*` stands out, and `<A: B>` is a menu with B chosen. */
export function asSeen(twin: DiscordTwin, channelId: string): string {
  return twin.messages(channelId).map(shownLines).join('\n\n');
}

export function shownLines(message: ShownMessage): string {
  const said = message.content.split('\n');
  const embeds = message.embeds.flatMap(({ title, description }) =>
    [title && `# ${title}`, ...(description ?? '').split('\n')].filter(Boolean).map((line) => `    | ${line}`),
  );
  const lines = [`${message.author.name}:`, ...said.filter(Boolean).map((line) => `    ${line}`), ...embeds];
  return [...lines, ...message.components.map((row) => `    ${labelsOf(row)}`)].join('\n');
}

function labelsOf(row: APIMessageTopLevelComponent): string {
  const parts = row.type === ComponentType.ActionRow ? row.components : [];
  return parts
    .map((part) => {
      if ('placeholder' in part) {
        const chosen = 'options' in part ? part.options.filter((option) => option.default) : [];
        return `<${[part.placeholder, ...chosen.map(({ label }) => label)].join(': ')}>`;
      }
      const label = 'label' in part ? part.label : '';
      if ('style' in part && part.style === ButtonStyle.Primary) return part.disabled ? `~*${label}*~` : `*${label}*`;
      return part.disabled ? `~${label}~` : `[${label}]`;
    })
    .join(' ');
}

function enabledButtons(components: readonly APIMessageTopLevelComponent[]): (string | undefined)[] {
  return components.flatMap((row) => {
    const parts = row.type === ComponentType.ActionRow ? row.components : [];
    return parts.flatMap((part) => ('label' in part && !part.disabled ? [part.label] : []));
  });
}
