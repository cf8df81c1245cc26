import { teacherAgent } from '../agents/teacher.ts';
import { findPack } from '../curriculum.ts';
import type { Outcome } from '../judgement.ts';
import { applyEvents, type LessonState } from '../lesson.ts';
import { type CommandName, reply } from '../messages.ts';
import type { Move, Moves } from '../policy.ts';
import type { SkillName } from '../skills.ts';
import { draft, type PhaseResult, type TurnContext } from './turn.ts';

/** Questions without a plan: the questions-only mode, and what a learner still wants to know after the last step. */

export function openForQuestions(state: LessonState): PhaseResult {
  const text = `Ask me anything about **${state.preferences.topic}**. If you would rather follow a plan, say **course**.`;
  return draft(state, reply('message', text, { commands: ['course', 'end'] }));
}

export async function answer(ctx: TurnContext, state: LessonState): Promise<PhaseResult> {
  const result = await ctx.ask(
    'teach',
    teacherAgent,
    {
      preferences: state.preferences,
      pack: findPack(ctx.curriculum, state.packId),
      steps: state.steps,
      step: null,
      pending: null,
      reply: ctx.text,
      graded: null,
      moves: MOVES,
      recent: await ctx.recent(),
      notes: state.notes,
    },
    ctx.preview,
  );
  if (!result.ok && result.reason !== 'invalid_output' && result.reason !== 'refused') return result;
  const message = result.ok
    ? result.output.message
    : "I'd rather not go into that. Ask me something else about our topic.";
  const next = applyEvents(
    state,
    result.ok && result.output.unanswered ? [{ type: 'question_left_open', question: ctx.text.slice(0, 200) }] : [],
  );
  const commands: CommandName[] = state.phase === 'completed' ? ['progress'] : ['course', 'end'];
  const judgement = result.ok ? result.output.judgement : null;
  return draft(next, reply('message', message, { commands }), [{ type: 'answer', data: { judgement } }]);
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
      opens: false,
      question: null,
      needsQuestion: false,
    },
  ]),
);
