import type { Question } from './curriculum.ts';
import { mentions, normalise, wordCount } from './text.ts';

export type Label = 'correct' | 'partially' | 'incorrect';

export interface Grade {
  label: Label;
  /** 0 to 1. */
  verdict: number;
  /** Id of the misconception that this answer reveals. */
  misconception: string | null;
  /** False: the rule is a guess, and a language model, where there is one, should decide. */
  certain: boolean;
}

type Wanted<K extends Question['kind']> = Extract<Question, { kind: K }>;

/** Grades a reply by the question's answer key; null when the reply is not recognisably an answer. */
export function grade(question: Question, reply: string): Grade | null {
  switch (question.kind) {
    case 'choice':
      return gradeChoice(question, reply);
    case 'numeric':
      return gradeNumeric(question, reply);
    case 'short':
      return gradeShort(question, reply);
    case 'open':
      return gradeOpen(question, reply);
    default:
      return question satisfies never;
  }
}

/** The answer as it is shown to a learner. */
export function answerText(question: Question): string {
  switch (question.kind) {
    case 'choice': {
      const right = question.choices.find((choice) => choice.id === question.answer);
      return `${question.answer}) ${right?.text ?? ''}`;
    }
    case 'numeric':
      return question.unit ? `${question.answer} ${question.unit}` : question.answer;
    case 'short':
      return question.accept[0] ?? '';
    case 'open':
      return question.reference;
    default:
      return question satisfies never;
  }
}

/**
 * Whether a text gives the answer away. Naming every option of a choice is no leak, and a small whole
 * number counts only where it is stated as the result.
 */
export function revealsAnswer(question: Question, text: string): boolean {
  switch (question.kind) {
    case 'choice':
      return revealsChoice(question, text);
    case 'numeric':
      return revealsNumber(question.answer, text);
    case 'short':
      return question.accept.some((form) => form.length > 2 && containsPhrase(text, form));
    case 'open':
      return containsPhrase(text, question.reference);
    default:
      return question satisfies never;
  }
}

const right = (certain = true): Grade => ({ label: 'correct', verdict: 1, misconception: null, certain });
const wrong = (misconception: string | null = null, certain = true): Grade => ({
  label: 'incorrect',
  verdict: 0,
  misconception,
  certain,
});

function gradeChoice(question: Wanted<'choice'>, reply: string): Grade | null {
  const chosen = chosenOption(question.choices, reply);
  if (!chosen) return null;
  return chosen.id === question.answer ? right() : wrong(chosen.misconception ?? null);
}

/** A typed "b", "B)", "option b", "I think b because …" or the option's own text, whichever is unambiguous. */
export function chosenOption<Choice extends { id: string; text: string }>(
  choices: readonly Choice[],
  reply: string,
): Choice | undefined {
  const lead = /^(?:(?:i (?:think|choose|pick|say)|its|it is|it's|the answer is|answer|option|choice)[:\s]+)*/i;
  const letter = /^[("']*([a-f])["')]*\s*(?:$|[.):,;!?]|because\b|since\b|as\b|bc\b|-)/i.exec(
    reply.trim().replace(lead, ''),
  )?.[1];
  const byLetter = choices.find((choice) => choice.id === letter?.toLowerCase());
  if (byLetter) return byLetter;
  const exact = choices.find((choice) => normalise(choice.text) === normalise(reply));
  if (exact) return exact;
  const named = choices.filter((choice) => containsPhrase(reply, choice.text));
  const longest = named.filter(
    (choice) => !named.some((other) => other !== choice && containsPhrase(other.text, choice.text)),
  );
  return longest.length === 1 && !isNegated(reply) ? longest[0] : undefined;
}

function isNegated(reply: string): boolean {
  return /\b(not|isn'?t|aren'?t|doesn'?t|don'?t|never|neither)\b/i.test(reply);
}

function gradeNumeric(question: Wanted<'numeric'>, reply: string): Grade | null {
  const given = finalNumber(reply);
  if (given === null) return null;
  const expected = numbersIn(question.answer)[0] ?? Number.NaN;
  if (Math.abs(given - expected) <= question.tolerance + 1e-9) return right();
  const known = question.wrong.find((entry) => {
    const value = numbersIn(entry.answer)[0];
    return value !== undefined && Math.abs(given - value) < 1e-9;
  });
  return wrong(known?.misconception ?? null);
}

/** The number a reply ends on; null when it names none, or several without saying which is the result. */
function finalNumber(reply: string): number | null {
  const result = reply.includes('=') ? reply.slice(reply.lastIndexOf('=') + 1) : reply;
  const values = [...new Set(numbersIn(result))];
  if (values.length === 1) return values[0] ?? null;
  const stated = /(?:answer is|so it'?s|i get|makes|equals|is)\s+([^a-z]+?)[\s.!?]*$/i.exec(result)?.[1];
  const last = stated ? numbersIn(stated) : [];
  return last.length === 1 ? (last[0] ?? null) : null;
}

const NUMBER_WORDS: Record<string, number> = Object.fromEntries(
  'zero one two three four five six seven eight nine ten eleven twelve'.split(' ').map((word, value) => [word, value]),
);
const PART_WORDS: Record<string, number> = {
  half: 2,
  halves: 2,
  third: 3,
  thirds: 3,
  quarter: 4,
  quarters: 4,
  fourth: 4,
  fourths: 4,
  fifth: 5,
  fifths: 5,
  sixth: 6,
  sixths: 6,
  eighth: 8,
  eighths: 8,
  tenth: 10,
  tenths: 10,
};
const VULGAR: Record<string, string> = { '½': '1/2', '⅓': '1/3', '⅔': '2/3', '¼': '1/4', '¾': '3/4', '⅕': '1/5' };

/** Every number in a text, in order: 1,234.5 · 3/4 · 1 1/2 · 75% · ½ · "three quarters" · "seven". */
function numbersIn(source: string): number[] {
  const text = source
    .replace(/[½⅓⅔¼¾⅕]/g, (sign) => ` ${VULGAR[sign]} `)
    .replace(/[−–]/g, '-')
    .replace(/(\d),(?=\d{3}\b)/g, '$1')
    .replace(/(\d),(?=\d)/g, '$1.')
    .toLowerCase()
    .replace(/\b([a-z]+)(?:[ -](half|halves|thirds?|quarters?|fourths?|fifths?|sixths?|eighths?|tenths?))?\b/g, spellOut);
  const pattern = /(-?\d+(?:\.\d+)?)\s+(\d+)\s*\/\s*(\d+)|(-?\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)|(-?\d*\.?\d+)\s*(%|percent)?/g;
  return [...text.matchAll(pattern)].map(([, whole, top, bottom, numerator, denominator, plain, percent]) => {
    if (whole !== undefined) return Number(whole) + Number(top) / Number(bottom);
    if (numerator !== undefined) return Number(numerator) / Number(denominator);
    return percent ? Number(plain) / 100 : Number(plain);
  });
}

function spellOut(whole: string, word: string, part: string | undefined): string {
  const value = word === 'a' || word === 'an' ? (part ? 1 : undefined) : NUMBER_WORDS[word];
  if (value === undefined) return PART_WORDS[word] === 2 && !part ? '1/2' : whole;
  return part ? `${value}/${PART_WORDS[part]}` : String(value);
}

function gradeShort(question: Wanted<'short'>, reply: string): Grade | null {
  const given = withoutFillers(reply);
  if (given === '') return null;
  if (question.accept.some((form) => withoutFillers(form) === given)) return right();
  const known = question.wrong.find((entry) => withoutFillers(entry.answer) === given);
  if (known) return wrong(known.misconception);
  if (!question.strict && question.accept.some((form) => isTypingSlip(given, withoutFillers(form)))) return right();
  const hedged = / or | either /.test(` ${given} `) || isNegated(reply);
  const named = question.wrong.find((entry) => containsPhrase(reply, entry.answer));
  if (!hedged && !named && wordCount(reply) <= 14 && question.accept.some((form) => containsPhrase(reply, form))) {
    return right(wordCount(reply) <= 8);
  }
  if (named) return wrong(named.misconception, false);
  return wordCount(reply) <= 8 ? wrong(null, false) : null;
}

const FILLERS =
  /^(?:(?:i think|i guess|i say|maybe|its|it is|is it|that is|thats|the answer is|answer|so|well|um+|a|an|the|to) )+/;

function withoutFillers(text: string): string {
  return normalise(text).replace(FILLERS, '');
}

function containsPhrase(text: string, phrase: string): boolean {
  const wanted = normalise(phrase);
  return wanted !== '' && ` ${normalise(text)} `.includes(` ${wanted} `);
}

/** One letter missing, added, changed or swapped in a word of at least six letters. */
function isTypingSlip(given: string, form: string): boolean {
  if (form.length < 6 || Math.abs(given.length - form.length) > 1 || given === form) return false;
  let start = 0;
  while (start < form.length && given[start] === form[start]) start += 1;
  const swapped = given[start] === form[start + 1] && given[start + 1] === form[start];
  if (swapped && given.slice(start + 2) === form.slice(start + 2)) return true;
  const [rest, want] = [given.slice(start), form.slice(start)];
  return rest.slice(1) === want.slice(1) || rest.slice(1) === want || rest === want.slice(1);
}

function gradeOpen(question: Wanted<'open'>, reply: string): Grade | null {
  const met = question.points.filter((entry) => entry.any.some((word) => mentions(reply, word))).length;
  const known = question.wrong.find((entry) => entry.any.some((word) => mentions(reply, word)));
  if (known) return wrong(known.misconception, false);
  const verdict = met / question.points.length;
  if (verdict === 1) return right(false);
  if (met > 0) return { label: 'partially', verdict, misconception: null, certain: false };
  return wordCount(reply) >= 3 ? wrong(null, false) : null;
}

function revealsChoice(question: Wanted<'choice'>, text: string): boolean {
  if (new RegExp(`\\banswer(?: is|:)?\\s*\\(?${question.answer}\\b`, 'i').test(text)) return true;
  const named = question.choices.filter((choice) => containsPhrase(text, choice.text));
  return named.length === 1 && named[0]?.id === question.answer && normalise(named[0].text).length > 3;
}

function revealsNumber(answer: string, text: string): boolean {
  const value = numbersIn(answer)[0];
  const isSmall = /^\d{1,2}$/.test(answer.trim()) && Number(answer) < 21;
  const stated = isSmall
    ? [...text.matchAll(/(?:=|\bis|\bequals|\bmakes|\bgives|\bget)\s*(-?\d+(?:[./]\d+)?)(?![\d/])/gi)].map((m) => m[1] ?? '')
    : [text];
  return stated.some((part) => numbersIn(part).some((number) => value !== undefined && Math.abs(number - value) < 1e-9));
}
