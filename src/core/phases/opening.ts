import { findPack, packPart } from '../curriculum.ts';
import { applyEvents, currentStep, type LessonState } from '../lesson.ts';
import { pickQuestion } from '../policy.ts';
import { lessonReply } from '../replies.ts';
import { draft, type PhaseResult, type TurnContext } from './turn.ts';

/**
 * Opens the current step without asking a model, for a turn that has asked it twice already: in the course's own
 * words, or, where only a model can teach the step, by naming it; the learner's next message then has it explained.
 */
export function openByCode(ctx: TurnContext, state: LessonState): PhaseResult {
  const step = currentStep(state);
  if (!step) throw new Error('there is no step to open');
  const pack = findPack(ctx.curriculum, state.packId);
  const part = pack && step.source ? packPart(pack, step.source) : null;
  const question = part && pickQuestion(step, part.questions, state.preferences.level);
  const decisions = [{ type: 'move', data: { skill: 'explain_concept', because: 'a new step', by: 'code' } }];
  if (!part || !question) {
    return draft(state, lessonReply(state, `### ${step.title}\n\n${step.objective}\n\nReady?`), decisions);
  }
  const opened = applyEvents(state, [{ type: 'step_explained' }, { type: 'question_asked', question }]);
  const example = part.examples[0] ? `\n\n**For example:** ${part.examples[0]}` : '';
  return draft(opened, lessonReply(opened, `### ${step.title}\n\n${part.explanations[0]}${example}`), decisions);
}
