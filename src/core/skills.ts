/**
 * A skill is one teaching tactic. This registry says what each does to the lesson; how it is said is its briefing
 * in prompts/skills/<name>.md for a language model, and one function in external/offline/speak.ts for the rules.
 */
export interface Skill {
  /** What using the skill does to the state, beyond what the learner's answer did. */
  effect: 'explains' | 'hints' | 'shows' | 'none';
  /** True where a check question follows, if none is waiting. */
  asks: boolean;
}

export const SKILLS = {
  explain_concept: { effect: 'explains', asks: true },
  create_quiz: { effect: 'none', asks: true },
  work_example: { effect: 'none', asks: true },
  give_hint: { effect: 'hints', asks: true },
  remediate_concept: { effect: 'explains', asks: true },
  show_answer: { effect: 'shows', asks: true },
  answer_question: { effect: 'none', asks: true },
  redirect: { effect: 'none', asks: true },
  encourage: { effect: 'none', asks: true },
  /** Says kindly that the path changes; the new plan's own words follow. */
  announce_replan: { effect: 'none', asks: false },
  celebrate: { effect: 'none', asks: false },
} as const satisfies Record<string, Skill>;

export type SkillName = keyof typeof SKILLS;
export const SKILL_NAMES = Object.keys(SKILLS) as SkillName[];
