import { z } from 'zod';
import { mannerOf } from '../characters.ts';
import { CAPS } from '../context.ts';
import type { Pack } from '../curriculum.ts';
import type { PlannedStep, Preferences, SeenMisconception, Step } from '../lesson.ts';
import { asData } from '../prompts.ts';
import { clip } from '../tokens.ts';
import type { Agent } from './agents.ts';

export type PlanReason =
  | { kind: 'new' }
  /** The learner wants another plan: in their words. */
  | { kind: 'change'; request: string }
  /** A step is blocked by repeated failures. */
  | { kind: 'stuck'; stepId: string }
  /** The learner is far above the plan. */
  | { kind: 'excelling' };

export interface PlannerInput {
  preferences: Preferences;
  pack: Pack | null;
  reason: PlanReason;
  /** The plan as it stands; empty for a new one. */
  steps: readonly Step[];
  misconceptions: readonly SeenMisconception[];
  /** Misconceptions that were open at the end of earlier lessons. */
  remembered: readonly string[];
}

const plannedStepSchema = z.strictObject({
  id: z.string(),
  title: z.string().min(1),
  objective: z.string().min(1),
  approach: z.string(),
  criteria: z.string(),
  source: z.string().nullable(),
  needed: z.number(),
});

const plannerOutputSchema = z.strictObject({
  // Lengths and counts are bounded by code: a limit here would cost a paid repair for one word too many.
  steps: z.array(plannedStepSchema).min(1),
  /** One or two sentences to the learner: what this plan does for them, or why it changed. */
  message: z.string(),
});
export type PlannerOutput = { steps: PlannedStep[]; message: string };

export const plannerAgent: Agent<'planner'> = {
  name: 'planner',
  tier: 'large',
  output: plannerOutputSchema,
  variables: (input) => ({
    guideline: input.pack
      ? clip(input.pack.guideline, CAPS.guideline)
      : 'None: rely on what you know of teaching this topic.',
    sources: input.pack ? sourcesOf(input.pack) : 'None. Set `source` to null.',
    preferences: preferencesText(input.preferences),
    plan: input.steps.map(stepText).join('\n') || 'None yet.',
    misconceptions: input.misconceptions.map((seen) => `- ${seen.name}`).join('\n') || 'None seen.',
    remembered: input.remembered.map((name) => `- ${name}`).join('\n') || 'None.',
    reason: reasonText(input.reason),
  }),
};

function sourcesOf(pack: Pack): string {
  return pack.steps
    .flatMap((step) => [
      `- ${step.id}: ${step.objective}`,
      `- ${step.refresher.id}: (easier, prepares for ${step.id}) ${step.refresher.objective}`,
    ])
    .join('\n');
}

/** What the learner told us, as lines of data. Shared by every prompt that should respect it. */
export function preferencesText(preferences: Preferences): string {
  const lines = [
    `topic: ${preferences.topic ?? 'not said'}`,
    `level: ${preferences.level ?? 'not said'}`,
    `tutor's character: ${mannerOf(preferences.character)}`,
    preferences.style && `likes to learn: ${preferences.style}`,
    preferences.minutes && `time: ${preferences.minutes} minutes`,
    preferences.language && `language: ${preferences.language}`,
    preferences.nickname && `wants to be called: ${preferences.nickname}`,
  ];
  return asData('learner_preferences', lines.filter(Boolean).join('\n'));
}

function stepText(step: Step, index: number): string {
  const record = `${step.status}, ${step.right} right, ${step.wrong} wrong`;
  return `${index + 1}. [${step.id}] ${step.title} (${record}): ${step.objective}`;
}

function reasonText(reason: PlanReason): string {
  switch (reason.kind) {
    case 'new':
      return 'Make the first plan.';
    case 'change':
      return `The learner asks for a change before the lesson starts:\n${asData('learner_message', reason.request)}`;
    case 'stuck':
      return `The learner failed three times on step "${reason.stepId}". Put one smaller step before it, or split it, or replace it. Keep the finished steps out of your answer.`;
    case 'excelling':
      return 'The learner finds this too easy and answers well. Raise the level of the remaining steps. Keep the finished steps out of your answer.';
    default:
      return reason satisfies never;
  }
}
