import type { z } from 'zod';
import type { Picture } from '../messages.ts';
import type { Model, ModelRequest, ModelResult, PromptMessage, Tier } from '../ports.ts';
import type { Prompts } from '../prompts.ts';
import type { EvaluatorInput, EvaluatorOutput } from './evaluator.ts';
import type { IntakeInput, IntakeOutput } from './intake.ts';
import type { PlannerInput, PlannerOutput } from './planner.ts';
import type { SummarizerInput, SummarizerOutput } from './summarizer.ts';
import type { TeacherInput, TeacherOutput } from './teacher.ts';

/** Hears a message grow, and what the model wrote ahead of it. */
export type OnText = (message: string, before: unknown) => void;

/** Every agent's input and output: what a model adapter must be able to answer. */
export interface AgentIO {
  intake: { input: IntakeInput; output: IntakeOutput };
  planner: { input: PlannerInput; output: PlannerOutput };
  teacher: { input: TeacherInput; output: TeacherOutput };
  evaluator: { input: EvaluatorInput; output: EvaluatorOutput };
  summarizer: { input: SummarizerInput; output: SummarizerOutput };
}
export type AgentName = keyof AgentIO;
export const AGENT_NAMES = [
  'intake',
  'planner',
  'teacher',
  'evaluator',
  'summarizer',
] as const satisfies readonly AgentName[];

/** An agent is a prompt, a schema and the values that fill the prompt. No database, no platform. */
export interface Agent<Name extends AgentName> {
  name: Name;
  tier: Tier;
  output: z.ZodType<AgentIO[Name]['output']>;
  variables(input: AgentIO[Name]['input']): Record<string, string>;
  /** That are shown with the prompt. */
  pictures?(input: AgentIO[Name]['input']): readonly Picture[];
}

export function callAgent<Name extends AgentName>(
  model: Model,
  prompts: Prompts,
  agent: Agent<Name>,
  input: AgentIO[Name]['input'],
  onText?: OnText,
): Promise<ModelResult<AgentIO[Name]['output']>> {
  return model.generate<Name>({ ...requestOf(prompts, agent, input), ...(onText && { onText }) });
}

export function requestOf<Name extends AgentName>(
  prompts: Prompts,
  agent: Agent<Name>,
  input: AgentIO[Name]['input'],
): ModelRequest<Name> {
  let prompt: PromptMessage[] | undefined;
  return {
    agent: agent.name,
    tier: agent.tier,
    input,
    schema: agent.output,
    // Rendered once, and only if somebody reads it: the estimate and the call share it.
    prompt() {
      prompt ??= illustrated(prompts.render(agent.name, agent.variables(input)), agent.pictures?.(input) ?? []);
      return prompt;
    },
  };
}

function illustrated(prompt: PromptMessage[], pictures: readonly Picture[]): PromptMessage[] {
  if (pictures.length === 0) return prompt;
  return prompt.map((message) => (message.role === 'user' ? { ...message, pictures } : message));
}
