import type { Exchange } from '../src/core/agents/teacher.ts';
import { type DialogueRow, dialogueSchema } from './data.ts';
import type { Comparison, Judge } from './judge.ts';
import { approvedLesson, type Lesson, withQuestionAsked } from './lessons.ts';
import { accuracy, kappa } from './metrics.ts';
import {
  type Entry,
  type Figure,
  type Part,
  type Played,
  playerFor,
  type Score,
  type Stage,
  scoreOf,
  shareOf,
} from './part.ts';
import { say } from './player.ts';
import { judgementOf } from './tutors.ts';

/**
 * Dialogues with one good and one bad next message. First the judge is calibrated on them, then our tutor writes the
 * next message, and the judge rates it and sets it against the good one.
 */

export interface MovesResult {
  /** a: the good move, b: the bad one. */
  pair: Comparison;
  /** By the rubric's keys: those of move A, of move B, and of ours. */
  ratings: { A: Record<string, string>; B: Record<string, string>; ours: Record<string, string> };
  /** a: ours, b: the good move. */
  against: Comparison;
  reply: string;
}

export const moves: Part<DialogueRow, MovesResult> = {
  name: 'moves',
  file: 'moves.jsonl',
  schema: dialogueSchema,
  needsJudge: true,
  play,
  score,
};

async function play(stage: Stage, row: DialogueRow): Promise<Played<MovesResult>> {
  const { judge } = stage;
  if (!judge) throw new Error('moves need a judge');
  const dialogue = row.history.map(({ role, text }): Exchange => ({ author: AUTHORS[role], text }));
  const lesson = lessonFrom(row, dialogue);
  const reply = dialogue.at(-1)?.text ?? '';
  const turn = await say(playerFor(stage, judgementOf('incorrect', 0)), lesson, reply);
  const ours = turn.replies.map(({ text }) => text).join('\n\n');
  const good = moveOf(row, row.preferred);
  const bad = moveOf(row, row.preferred === 'A' ? 'B' : 'A');
  const result: MovesResult = {
    pair: await judge.compare(dialogue, good, bad),
    ratings: await ratingsOf(judge, dialogue, { A: moveOf(row, 'A'), B: moveOf(row, 'B'), ours }),
    against: await judge.compare(dialogue, ours, good),
    reply: ours,
  };
  return { result, used: turn.used };
}

const AUTHORS = { tutor: 'tutor', student: 'learner' } as const;

/** The dialogue up to the last message; what it is about is the question that waits. */
function lessonFrom(row: DialogueRow, dialogue: readonly Exchange[]): Lesson {
  const question = dialogue.find(({ author }) => author === 'tutor')?.text ?? 'Go on with the exercise.';
  const step = {
    key: 'exercise',
    goal: 'Solve the exercise of the conversation',
    question,
    references: [row.reference_solution],
  };
  return { ...withQuestionAsked(approvedLesson('Mathematics', [step], 2)), transcript: dialogue.slice(0, -1) };
}

function moveOf(row: DialogueRow, name: 'A' | 'B'): string {
  return row.moves.find(({ move }) => move === name)?.text ?? '';
}

async function ratingsOf(
  judge: Judge,
  dialogue: readonly Exchange[],
  texts: Record<'A' | 'B' | 'ours', string>,
): Promise<MovesResult['ratings']> {
  return {
    A: await judge.rate(dialogue, texts.A),
    B: await judge.rate(dialogue, texts.B),
    ours: await judge.rate(dialogue, texts.ours),
  };
}

/** The rubric's keys under which people have labelled the moves. */
const LABELLED: Record<string, string> = {
  Mistake_Identification: 'mistake_identification',
  Mistake_Location: 'mistake_location',
  Revealing_of_the_Answer: 'answer_revealed',
  Providing_Guidance: 'guidance',
  Actionability: 'actionability',
  Coherence: 'coherence',
  Tutor_Tone: 'tone',
};

function score(entries: readonly Entry<DialogueRow, MovesResult>[]): Score {
  const pairs = entries.map(({ result }) => result.pair);
  const right = pairs.reduce((sum, pair) => sum + wins(pair), 0);
  const won = entries.reduce((sum, { result }) => sum + wins(result.against), 0);
  return {
    figures: [
      shareOf('judge: prefers the good move', right, 2 * pairs.length),
      shareOf(
        'judge: same in both orders',
        pairs.filter(({ forward, backward }) => forward === backward).length,
        pairs.length,
      ),
      ...Object.entries(LABELLED).flatMap(([name, key]) => agreement(entries, name, key)),
      shareOf('ours preferred to the good move', won, 2 * entries.length),
      ...ourRatings(entries),
    ],
    findings: entries
      .filter(({ result }) => wins(result.pair) === 0)
      .map(({ row }) => `${row.id}: the judge prefers the bad move in both orders`),
  };
}

/** Of a comparison's two orders, those that the first message wins. */
function wins({ forward, backward }: Comparison): number {
  return [forward, backward].filter((winner) => winner === 'a').length;
}

/** Of the judge with the people who labelled the moves. */
function agreement(entries: readonly Entry<DialogueRow, MovesResult>[], name: string, key: string): Figure[] {
  const pairs = entries.flatMap(({ row, result }) =>
    row.moves.flatMap(({ move, labels }) => {
      const [gold, said] = [labels[name], result.ratings[move][key]];
      return gold && said ? [{ gold: onScale(gold), said }] : [];
    }),
  );
  if (pairs.length === 0) return [];
  return [scoreOf(`judge: agrees on ${key}`, accuracy(pairs)), scoreOf(`judge: kappa of ${key}`, kappa(pairs))];
}

/** "Yes (and the answer is correct)" is "Yes, correct" in the rubric. */
function onScale(label: string): string {
  const [, , quality] = /^Yes \((and|but) the answer is (correct|incorrect)\)$/.exec(label) ?? [];
  return quality ? `Yes, ${quality}` : label;
}

/** How often our message gets the value that a good message has. */
function ourRatings(entries: readonly Entry<DialogueRow, MovesResult>[]): Figure[] {
  const keys = Object.keys(entries[0]?.result.ratings.ours ?? {});
  return keys.map((key) => {
    const best = BEST[key] ?? 'Yes';
    const good = entries.filter(({ result }) => result.ratings.ours[key] === best).length;
    return shareOf(`ours: ${key} is "${best}"`, good, entries.length);
  });
}

const BEST: Record<string, string> = { answer_revealed: 'No', tone: 'Encouraging' };
