import type { ShownMessage } from '../twins/slack/shown.ts';
import type { Used } from '../twins/slack/used.ts';
import type { SlackSchool } from './slack.ts';
import { answered } from './slack-lesson.ts';

/** What comes of the commands, buttons and forms that people use, and how it looks. */

/** By what the core knows what was done: a command, a form, a press, or a message. */
function idsOf({ payload }: Used): { id: string; madeOn: string } {
  const {
    type,
    trigger_id: trigger,
    view,
    message,
    actions,
  } = payload as {
    type?: string;
    trigger_id: string;
    view?: { id: string };
    message?: { ts: string };
    actions?: { action_ts: string }[];
  };
  if (type === 'view_submission' && view) return { id: `view-${view.id}`, madeOn: '-' };
  if (type === 'block_actions') return { id: `press-${actions?.[0]?.action_ts}`, madeOn: message?.ts ?? '-' };
  return { id: `command-${trigger}`, madeOn: '-' };
}

/**
 * Until what was done is taken in, and nothing is owed in its lesson. Resolves with the lesson's thread. `part`: what
 * was said at once in a lesson that was begun with it.
 */
export async function answeredBy(school: SlackSchool, used: Used, part = ''): Promise<string> {
  const { id, madeOn } = idsOf(used);
  await answered(school, id + part, madeOn);
  const { threadId } = await school.runtime.db
    .selectFrom('messages')
    .innerJoin('lessons', 'lessons.id', 'messages.lesson_id')
    .select('thread_id as threadId')
    .where((where) =>
      where.or([
        where('platform_message_id', '=', id + part),
        where(where.fn('starts_with', ['platform_message_id', where.val(`${madeOn}/`)]), '=', true),
      ]),
    )
    .executeTakeFirstOrThrow();
  return threadId;
}

/** Of the workspace, the last begun first. */
export function lessonsOf({ runtime, team }: Pick<SlackSchool, 'runtime' | 'team'>) {
  return runtime.db
    .selectFrom('lessons')
    .innerJoin('workspaces', 'workspaces.id', 'lessons.workspace_id')
    .select(['thread_id as threadId', 'phase'])
    .where('external_id', '=', team.id)
    .orderBy('lessons.created_at', 'desc')
    .execute();
}

/** The newest one that has it. */
export function withButton(messages: readonly ShownMessage[], button: string): ShownMessage {
  const found = messages.findLast(({ blocks }) => JSON.stringify(blocks).includes(JSON.stringify(button)));
  if (!found) throw new Error(`nobody sees "${button}" in:\n${messages.map(shownLines).join('\n\n')}`);
  return found;
}

/** A message as people see it: words, and buttons in brackets. */
export function shownLines({ text, blocks }: { text: string; blocks: readonly unknown[] }): string {
  const shown = blocks.length > 0 ? blocks.map(linesOf).filter(Boolean).join('\n') : text;
  return shown
    .split('\n')
    .filter(Boolean)
    .map((line) => `    ${line}`)
    .join('\n');
}

interface Part {
  type?: string;
  text?: string | Part;
  elements?: Part[];
  accessory?: Part;
}

function linesOf(part: unknown): string {
  const { type, text, elements = [], accessory } = part as Part;
  if (type === 'context_actions') return '';
  const words = typeof text === 'string' ? text : (text && linesOf(text)) || '';
  if (type === 'button') return `[${words}]`;
  if (type === 'rich_text_quote') return `> ${elements.map(linesOf).join('').replaceAll('\n', '\n> ')}`;
  const inside = [accessory, ...elements].filter((each) => each !== undefined).map(linesOf);
  return [words, inside.join(' ')].filter(Boolean).join('\n');
}
