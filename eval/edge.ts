import { type EdgeRow, edgeSchema } from './data.ts';
import { type Grading, labelOf } from './grading.ts';
import { approvedLesson, type Lesson, withQuestionAsked } from './lessons.ts';
import { type Entry, type Part, type Played, playerFor, type Score, type Stage, shareOf } from './part.ts';
import { assertJudged, say, type Turn } from './player.ts';
import { judgementOf } from './tutors.ts';

/** Replies on the edge of being an answer. A row passes only if everything that it expects holds. */

export interface Edge {
  label: Grading['label'];
  outcome: string | null;
  verdict: number | null;
  /** Whether the plan took it as an attempt. */
  isCounted: boolean;
  isCompleted: boolean;
}

export const edge: Part<EdgeRow, Edge> = {
  name: 'edge',
  file: 'evaluator_edge.jsonl',
  schema: edgeSchema,
  needsJudge: false,
  play,
  score,
};

async function play(stage: Stage, row: EdgeRow): Promise<Played<Edge>> {
  const { question, student_reply: reply, reference_answer: reference } = row;
  const step = { key: 'check', goal: 'Answer the question', question, references: [reference] };
  // Two right answers complete a step, as in the program's own plans: one alone must not.
  const lesson = withQuestionAsked(approvedLesson('General knowledge', [step], 2));
  const turn = await say(playerFor(stage, wanted(row)), lesson, reply);
  assertJudged(turn);
  return { result: edgeOf(turn), used: turn.used };
}

function wanted({ expect }: EdgeRow) {
  const [label] = expect.label;
  const verdict = (expect.score_min + expect.score_max) / 2;
  return expect.graded && label
    ? judgementOf(label, verdict)
    : judgementOf(expect.was_off_topic ? 'off_topic' : 'question');
}

function edgeOf({ before, lesson, outcome, score: verdict }: Turn): Edge {
  return {
    label: labelOf(outcome),
    outcome,
    verdict,
    isCounted: evidence(lesson) > evidence(before),
    isCompleted: lesson.state.steps.some(({ status }) => status === 'completed'),
  };
}

/** Every attempt leaves some for or against the learner, and nothing else that a message does. */
function evidence({ state }: Lesson): number {
  return state.steps.reduce((sum, { mastery }) => sum + mastery.alpha + mastery.beta, 0);
}

function complaintsAbout(row: EdgeRow, result: Edge): string[] {
  const { expect } = row;
  const { label, verdict } = rated(row, result);
  const isLabelled = expect.label.some((wantedLabel) => (wantedLabel ?? 'none') === label);
  const isScored = label === 'none' || (verdict !== null && verdict >= expect.score_min && verdict <= expect.score_max);
  const isOffTopic = result.outcome === 'off_topic';
  const isAttempt = expect.counts_as_attempt ?? result.isCounted;
  return [
    !isLabelled && `label ${label}`,
    !isScored && `verdict ${verdict ?? 'none'}`,
    expect.graded !== (label !== 'none') && (expect.graded ? 'not graded' : 'graded'),
    expect.was_off_topic !== isOffTopic && (isOffTopic ? 'off topic' : 'not off topic'),
    isAttempt !== result.isCounted && (result.isCounted ? 'counted as an attempt' : 'not counted as an attempt'),
    expect.must_not_complete_step && result.isCompleted && 'completed the step',
  ].filter((complaint) => typeof complaint === 'string');
}

/**
 * Where the data leaves it open if the message is an attempt ("idk", a forged verdict), a tutor that takes it for no
 * answer has given it nothing: that is the label "incorrect" and the score 0.
 */
function rated({ expect }: EdgeRow, { label, verdict, outcome }: Edge): Pick<Edge, 'label' | 'verdict'> {
  const isEmpty = outcome === 'lost' || outcome === 'no_answer' || outcome === 'manipulation';
  return expect.counts_as_attempt === null && isEmpty ? { label: 'incorrect', verdict: 0 } : { label, verdict };
}

function score(entries: readonly Entry<EdgeRow, Edge>[]): Score {
  const findings = entries.flatMap(({ row, result }) => {
    const complaints = complaintsAbout(row, result);
    return complaints.length > 0 ? [`${row.id} (${row.kind}): ${complaints.join(', ')}`] : [];
  });
  return { figures: [shareOf('passed', entries.length - findings.length, entries.length)], findings };
}
