import type { PlannerInput, PlannerOutput } from '../../core/agents/planner.ts';
import { authoredPlan, type Pack, plannedPart } from '../../core/curriculum.ts';
import type { PlannedStep } from '../../core/lesson.ts';
import { mentions, normalise } from '../../core/text.ts';

/** Plans by rule, from the pack's steps and their refreshers. */
export function plan(input: PlannerInput): PlannerOutput {
  const { pack, reason } = input;
  if (!pack) throw new Error('the offline tutor can only plan a lesson of the curriculum');
  switch (reason.kind) {
    case 'new':
      return { steps: authoredPlan(pack, neededFor(input)), message: `**${pack.title}**\n\n${pack.summary}` };
    case 'change':
      return changedPlan(pack, input, reason.request);
    case 'stuck':
      return planAround(pack, input, reason.stepId);
    case 'excelling':
      return {
        steps: openSteps(input).map((step) => ({ ...step, needed: 1 })),
        message: 'You are ready for more: harder questions from here, and one right answer closes a step.',
      };
    default:
      return reason satisfies never;
  }
}

/** Right answers that close a step; a strong learner needs one. */
function neededFor(input: PlannerInput): number {
  return input.preferences.level === 'advanced' ? 1 : 2;
}

function changedPlan(pack: Pack, input: PlannerInput, request: string): PlannerOutput {
  const asked = normalise(request);
  const current = openSteps(input);
  if (/\beasier\b/.test(asked)) {
    const [first, ...rest] = pack.steps;
    const eased = first
      ? [plannedPart(first.refresher, 2), plannedPart(first, 2), ...rest.map((step) => plannedPart(step, 2))]
      : [];
    return { steps: eased.slice(0, 5), message: 'A gentler start, then: we begin with a warm-up step.' };
  }
  if (/\bharder\b/.test(asked)) {
    return {
      steps: authoredPlan(pack, 1),
      message: 'A brisker plan: harder questions, and one right answer closes a step.',
    };
  }
  if (/\banother\b|\bdifferent\b|\bshorter\b/.test(asked)) return otherLength(pack, input, current);
  const chosen = current.filter((step, index) => isNamed(step, index, asked));
  if (chosen.length > 0 && chosen.length < current.length) return edited(current, chosen, asked);
  return {
    steps: current,
    message:
      'I kept the plan. Offline, I can drop a step ("without step 2"), keep some ("only step 1 and 3"), start with one ("start with step 3"), or make it easier, harder or shorter.',
  };
}

function otherLength(pack: Pack, input: PlannerInput, current: readonly PlannedStep[]): PlannerOutput {
  if (current.length > 3) {
    return {
      steps: authoredPlan(pack, neededFor(input)).slice(0, 3),
      message: 'A shorter plan: the first three steps only.',
    };
  }
  return { steps: authoredPlan(pack, neededFor(input)), message: 'The whole way, then:' };
}

function isNamed(step: PlannedStep, index: number, asked: string): boolean {
  const ordinal = ['first', 'second', 'third', 'fourth', 'fifth'][index];
  return new RegExp(`\\b(?:${index + 1}|${ordinal})\\b`).test(asked) || mentions(asked, step.title);
}

function edited(current: readonly PlannedStep[], chosen: readonly PlannedStep[], asked: string): PlannerOutput {
  const others = current.filter((step) => !chosen.includes(step));
  const titles = chosen.map((step) => `"${step.title}"`).join(' and ');
  if (/\bonly\b|\bjust\b/.test(asked)) return { steps: [...chosen], message: `Only ${titles}, then.` };
  if (/\b(start|begin|first do)\b/.test(asked)) {
    return { steps: [...chosen, ...others], message: `We start with ${titles}.` };
  }
  return { steps: others, message: `Without ${titles}, then.` };
}

/** First time: the refresher before the step. Second time: the step afresh. Then: the step moves to the end. */
function planAround(pack: Pack, input: PlannerInput, stepId: string): PlannerOutput {
  const rest = openSteps(input).filter((step) => step.id !== stepId);
  const home = pack.steps.find((step) => step.id === stepId);
  const blocked = input.steps.find((step) => step.id === stepId);
  if (!home || !blocked) {
    return { steps: rest, message: 'We leave the warm-up and look at the step itself again, with fresh eyes.' };
  }
  const again = plannedPart(home, 1);
  if (!input.steps.some((step) => step.id === home.refresher.id)) {
    return {
      steps: [plannedPart(home.refresher, 1), again, ...rest],
      message: `This step was too big in one piece, and that is my fault, not yours. First a smaller one, **${home.refresher.title}**, then back to **${home.title}**.`,
    };
  }
  if (rest.length > 0 && input.steps.some((step) => step.id === home.refresher.id && step.status !== 'pending')) {
    return {
      steps: [...rest, again],
      message: `We let **${home.title}** rest, go on with the next step, and come back to it at the end.`,
    };
  }
  return {
    steps: [again, ...rest],
    message: `We try **${home.title}** once more, from the beginning and with other questions.`,
  };
}

/** What is still to do, as a planner names it. */
function openSteps(input: PlannerInput): PlannedStep[] {
  return input.steps
    .filter((step) => step.status === 'pending' || step.status === 'in_progress')
    .map(({ id, title, objective, approach, criteria, source, needed }) => ({
      id,
      title,
      objective,
      approach,
      criteria,
      source,
      needed,
    }));
}
