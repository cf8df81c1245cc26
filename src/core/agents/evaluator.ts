import { type Judgement, judgementSchema } from '../judgement.ts';
import type { Agent } from './agents.ts';
import { type TeacherInput, teacherAgent } from './teacher.ts';

/** The judgement alone, for the mode in which evaluating and answering are two calls. */
export type EvaluatorInput = TeacherInput;
export type EvaluatorOutput = Judgement;

export const evaluatorAgent: Agent<'evaluator'> = {
  name: 'evaluator',
  tier: 'small',
  output: judgementSchema,
  variables(input) {
    const { preferences, step, misconceptions, recent, question, reply } = teacherAgent.variables(input);
    return { preferences, step, misconceptions, recent, question, reply } as Record<string, string>;
  },
  pictures: (input) => input.pictures,
};
