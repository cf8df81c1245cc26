import { currentStep, isOver, type LessonState, masteryOf, type Step } from './lesson.ts';
import { reviewPlan } from './reviews.ts';

/** What a learner takes home, from the state alone. */
export function summaryText(state: LessonState): string {
  const completed = state.steps.filter((step) => step.status === 'completed');
  const parts = [
    `## Your lesson: ${state.preferences.topic ?? 'this topic'}`,
    state.steps.length > 0 &&
      `**Steps completed:** ${completed.length} of ${state.steps.filter((step) => step.status !== 'skipped' || step.explained > 0).length}`,
    state.steps.map(stepLine).join('\n'),
    misconceptionsText(state),
    reviewText(state),
    openQuestionsText(state),
    suggestionText(state),
  ];
  return parts.filter(Boolean).join('\n\n');
}

/** The same figures in the middle of a lesson. */
export function progressText(state: LessonState): string {
  if (state.steps.length === 0) return 'There is no plan yet, so there is no progress to show.';
  const done = state.steps.filter((step) => step.status === 'completed').length;
  return `**Progress:** ${done} of ${state.steps.length} steps\n\n${state.steps.map(stepLine).join('\n')}`;
}

/** What is open in the middle of a lesson; '' when nothing is. */
export function openText(state: LessonState): string {
  return [misconceptionsText(state), openQuestionsText(state)].filter(Boolean).join('\n\n');
}

const MARKS: Record<Step['status'], string> = {
  completed: '✓',
  in_progress: '▸',
  pending: '·',
  blocked: '!',
  skipped: '–',
};

function stepLine(step: Step): string {
  const answers = step.right + step.wrong;
  const record = answers > 0 ? `mastery ${percent(step)} (${step.right} right, ${step.wrong} wrong)` : 'not checked';
  return `- ${MARKS[step.status]} ${step.title}: ${record}${step.status === 'skipped' ? ', skipped' : ''}${step.status === 'blocked' ? ', left open' : ''}`;
}

function percent(step: Step): string {
  return `${Math.round(masteryOf(step) * 100)}%`;
}

function misconceptionsText(state: LessonState): string {
  if (state.misconceptions.length === 0) return '';
  const lines = state.misconceptions.map(
    ({ name, quote, resolved }) => `- ${name} (${resolved ? 'put right since' : 'still open'}; you wrote "${quote}")`,
  );
  return `**Misconceptions seen:**\n${lines.join('\n')}`;
}

function reviewText(state: LessonState): string {
  const reviews = reviewPlan(state);
  const titlesIn = (days: number) =>
    reviews.flatMap(({ title, inDays }) => (inDays === days ? [title] : [])).join('; ');
  const [soon, later] = [titlesIn(1), titlesIn(3)];
  const text = [soon && `- tomorrow: ${soon}`, later && `- in three days: ${later}`].filter(Boolean).join('\n');
  return text && `**What to review, and when:**\n${text}`;
}

function openQuestionsText(state: LessonState): string {
  if (state.openQuestions.length === 0) return '';
  return `**Questions still open:**\n${state.openQuestions.map((question) => `- ${question}`).join('\n')}`;
}

function suggestionText(state: LessonState): string {
  if (state.intervention) {
    return '**Suggestion:** one step would not open up however we turned it. Show this summary to a teacher or a friend who knows the topic; they will see where it sticks.';
  }
  const blocked = state.steps.find((step) => step.status === 'blocked' || step.status === 'skipped');
  if (blocked) return `**Suggestion:** start the next lesson with "${blocked.title}".`;
  const next = currentStep(state);
  if (next) return `**Suggestion:** go on with "${next.title}" next time.`;
  if (state.misconceptions.some((seen) => !seen.resolved)) {
    return '**Suggestion:** explain the open misconception to somebody in your own words; that is the quickest test.';
  }
  return isOver(state) && state.steps.length > 0
    ? '**Suggestion:** explain one step to somebody tomorrow without looking: what you can teach, you know.'
    : '';
}
