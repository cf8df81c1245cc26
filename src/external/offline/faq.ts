import type { TeacherInput } from '../../core/agents/teacher.ts';
import { type PackStep, packStepOf } from '../../core/curriculum.ts';
import { mentions, nearWord, normalise } from '../../core/text.ts';

type Faq = PackStep['faq'][number];

/** The authored answer to a side question: the current step's first, then any step's. */
export function findFaq({ pack, step }: Pick<TeacherInput, 'pack' | 'step'>, reply: string): Faq | null {
  if (!pack) return null;
  const here = step?.source ? packStepOf(pack, step.source) : null;
  const steps = [...(here ? [here] : []), ...pack.steps.filter((other) => other !== here)];
  return steps.flatMap((entry) => entry.faq).find((faq) => isAsked(faq, reply)) ?? null;
}

function isAsked(faq: Faq, reply: string): boolean {
  return faq.ask.every((group) => group.some((word) => mentions(reply, word) || isMisspelt(reply, word)));
}

/** "denominater". */
const isMisspelt = (reply: string, word: string) =>
  normalise(reply)
    .split(' ')
    .some((typed) => nearWord(typed, word));

const DEFINITION =
  /\b(?:what(?:'?s| is| are| does| do| was)|wat is|who (?:is|was|were)|meaning of)\s+(?:(?:an?|the)\s+)?["'*]*([\p{L} -]{3,30}?)["'*]*(?: mean| again)?\W*$/iu;

/** What the course's own words say of a term that is asked for: the line that sets it in bold. */
export function findPassage({ pack, step }: Pick<TeacherInput, 'pack' | 'step'>, reply: string): string | null {
  const term = normalise(DEFINITION.exec(reply)?.[1] ?? '');
  if (!pack || term === '') return null;
  const here = step?.source ? packStepOf(pack, step.source) : null;
  const lines = [...(here ? [here] : []), ...pack.steps].flatMap((part) =>
    part.explanations.flatMap((text) => text.split('\n')),
  );
  const isTerm = (bold: string) =>
    normalise(bold)
      .split(' ')
      .some((word) => nearWord(word, term)) || normalise(bold) === term;
  const found = lines.find(
    (line) => !line.startsWith('|') && [...line.matchAll(/\*\*(.+?)\*\*/g)].some(([, bold = '']) => isTerm(bold)),
  );
  return found?.replace(/^\s*(?:[-*>]|\d+\.)\s+/, '').trim() ?? null;
}
