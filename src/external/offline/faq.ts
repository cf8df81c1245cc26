import type { TeacherInput } from '../../core/agents/teacher.ts';
import { type PackStep, packStepOf } from '../../core/curriculum.ts';
import { mentions } from '../../core/text.ts';

type Faq = PackStep['faq'][number];

/** The authored answer to a side question: the current step's first, then any step's. */
export function findFaq({ pack, step }: Pick<TeacherInput, 'pack' | 'step'>, reply: string): Faq | null {
  if (!pack) return null;
  const here = step?.source ? packStepOf(pack, step.source) : null;
  const steps = [...(here ? [here] : []), ...pack.steps.filter((other) => other !== here)];
  return steps.flatMap((entry) => entry.faq).find((faq) => isAsked(faq, reply)) ?? null;
}

function isAsked(faq: Faq, reply: string): boolean {
  return faq.ask.every((group) => group.some((word) => mentions(reply, word)));
}
