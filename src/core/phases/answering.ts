import type { TeacherInput } from '../agents/teacher.ts';
import { findPack } from '../curriculum.ts';
import type { Outcome } from '../judgement.ts';
import { applyEvents, type LessonState } from '../lesson.ts';
import { type CommandName, reply } from '../messages.ts';
import type { Move, Moves } from '../policy.ts';
import { SAFE_REPLIES } from '../safety.ts';
import type { SkillName } from '../skills.ts';
import { speak } from './speaking.ts';
import { draft, type PhaseResult, type TurnContext } from './turn.ts';

/** Questions without a plan: the questions-only mode, and what a learner still wants to know after the last step. */

export function openForQuestions(state: LessonState): PhaseResult {
  const text = `Ask me anything about **${state.preferences.topic}**. If you would rather follow a plan, say **course**.`;
  return draft(state, reply('message', text, { commands: ['course', 'end'] }));
}

export async function answer(ctx: TurnContext, state: LessonState): Promise<PhaseResult> {
  const input: TeacherInput = {
    preferences: state.preferences,
    homeworkGuard: ctx.homeworkGuard,
    pack: findPack(ctx.curriculum, state.packId),
    steps: state.steps,
    step: null,
    pending: null,
    reply: ctx.text,
    pictures: ctx.pictures,
    graded: null,
    moves: MOVES,
    recent: ctx.recent,
    summary: ctx.summary,
    remembered: state.remembered,
    notes: state.notes,
    correction: null,
  };
  const spoken = await speak(ctx, input, null, 'teach');
  if (!spoken.ok) return spoken;
  const { said, judgement, concern } = spoken;
  const commands: CommandName[] = state.phase === 'completed' ? ['progress'] : ['course', 'end'];
  if (concern) return draft(state, reply('message', SAFE_REPLIES[concern]), [{ type: 'safety', data: { concern } }]);
  const next = applyEvents(
    state,
    said.unanswered ? [{ type: 'question_left_open', question: ctx.text.slice(0, 200) }] : [],
  );
  return draft(next, reply('message', said.message, { commands }), [{ type: 'answer', data: { judgement } }]);
}

const SKILL_FOR: Partial<Record<Outcome, SkillName>> = {
  question: 'answer_question',
  wants_answer: 'answer_question',
  lost: 'answer_question',
  no_answer: 'encourage',
  off_topic: 'redirect',
  manipulation: 'redirect',
};

const MOVES: Moves = Object.fromEntries(
  Object.entries(SKILL_FOR).map(([outcome, skill]): [string, Move] => [
    outcome,
    {
      outcome: outcome as Outcome,
      skill,
      because: 'questions only',
      step: null,
      question: null,
      needsQuestion: false,
      withdraws: false,
    },
  ]),
);
