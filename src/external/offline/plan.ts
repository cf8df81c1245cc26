import type { PlannerInput, PlannerOutput } from '../../core/agents/planner.ts';
import { levelWish } from '../../core/commands.ts';
import { authoredPlan, type Pack, plannedPart } from '../../core/curriculum.ts';
import type { PlannedStep } from '../../core/lesson.ts';
import { nearWord, normalise } from '../../core/text.ts';

/** Plans by rule, from the pack's steps and their refreshers. */
export function plan(input: PlannerInput): PlannerOutput {
  const { pack, reason } = input;
  if (!pack) throw new Error('the offline tutor can only plan a lesson of the curriculum');
  switch (reason.kind) {
    case 'new':
      return { steps: authoredPlan(pack, neededFor(input)), message: introduction(pack, input) };
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

function introduction(pack: Pack, { remembered }: PlannerInput): string {
  const known = pack.steps.flatMap((step) => step.misconceptions).map(({ name }) => name);
  const open = remembered.filter((name) => known.includes(name)).map((name) => `\n- *${name}*`);
  const reminder = open.length > 0 ? `\n\nLast time this was still open, and we come back to it:${open.join('')}` : '';
  return `**${pack.title}**\n\n${pack.summary}${reminder}`;
}

/** Right answers that close a step; a strong learner needs one. */
function neededFor(input: PlannerInput): number {
  return input.preferences.level === 'advanced' ? 1 : 2;
}

function changedPlan(pack: Pack, input: PlannerInput, request: string): PlannerOutput {
  const asked = normalise(request);
  const current = openSteps(input);
  const wish = levelWish(request);
  if (wish === 'easier') {
    const [first, ...rest] = pack.steps;
    const eased = first
      ? [plannedPart(first.refresher, 2), plannedPart(first, 2), ...rest.map((step) => plannedPart(step, 2))]
      : [];
    const left = eased.length > 5 ? ` "${eased.at(-1)?.title}" has to wait for another lesson.` : '';
    return { steps: eased.slice(0, 5), message: `A gentler start, then: we begin with a warm-up step.${left}` };
  }
  if (wish === 'harder') {
    return {
      steps: authoredPlan(pack, 1),
      message: 'A brisker plan: harder questions, and one right answer closes a step.',
    };
  }
  if (/\banother\b|\bdifferent\b|\bshort(?:er)?\b|\bquick(?:er)?\b|\bminutes?\b/.test(asked)) {
    return otherLength(pack, input, current);
  }
  const changed = edited(current, asked);
  return (
    changed ?? {
      steps: current,
      message:
        'I kept the plan. Offline, I can drop a step ("without step 2"), keep some ("only step 1 and 3"), start with one ("start with step 3"), or make it easier, harder or shorter.',
    }
  );
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

/** Words of a wish, wherever a title may have them too. */
const EDITING = new Set('without with what start from only first last step steps part leave make more less'.split(' '));
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'];

/** The steps that a wish names: by number ("2", "1-3", "the first two", "last") or by a word that only their titles have. */
function named(current: readonly PlannedStep[], asked: string): PlannedStep[] {
  const [, from = '', to = ''] = /\b([1-5]) ?(?:-|to) ?([1-5])\b/.exec(asked) ?? [];
  const count = ['', 'one', 'two', 'three', 'four'].indexOf(/\bfirst (two|three|four)\b/.exec(asked)?.[1] ?? 'none');
  const words = asked.split(' ').filter((word) => word.length > 3 && !EDITING.has(word));
  return current.filter((step, index) => {
    const place = index + 1;
    const isInRange = (place >= Number(from) && place <= Number(to)) || place <= count;
    const isLast = place === current.length && /\blast\b/.test(asked);
    const titles = current.filter((other) => other !== step).flatMap(({ title }) => normalise(title).split(' '));
    const telling = normalise(step.title)
      .split(' ')
      .filter((word) => word.length > 3 && !titles.includes(word));
    const isTitled = telling.some((word) => words.some((typed) => nearWord(typed, word)));
    return isInRange || isLast || isTitled || new RegExp(`\\b(?:${place}|${ORDINALS[index]})\\b`).test(asked);
  });
}

const DROPS =
  /\b(?:without|drop|skip|remove|delete|leave out|cut|omit|no|not|dont|except|(?:already|i) know|everything but|minus)\b/;
const STARTS = /\b(?:start|begin|beginning)\b|\bfirst(?: do)?$|^first do\b/;

/** The plan with the named steps alone, in front, or left out; null where the wish is none of these. */
function edited(current: readonly PlannedStep[], asked: string): PlannerOutput | null {
  const chosen = named(current, asked.replace(/ first$|^first do /, ' '));
  const others = current.filter((step) => !chosen.includes(step));
  if (chosen.length === 0 || others.length === 0) return null;
  const titles = chosen.map((step) => `"${step.title}"`).join(' and ');
  const isOnly = /\bonly\b|\bjust\b/.test(asked);
  if (isOnly && !DROPS.test(asked)) return { steps: chosen, message: `Only ${titles}, then.` };
  if (STARTS.test(asked)) return { steps: [...chosen, ...others], message: `We start with ${titles}.` };
  return DROPS.test(asked) ? { steps: others, message: `Without ${titles}, then.` } : null;
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
