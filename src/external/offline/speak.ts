import type { TeacherInput, TeacherOutput } from '../../core/agents/teacher.ts';
import { type PackStep, packPart, packStepOf, type Refresher } from '../../core/curriculum.ts';
import { revealsAnswer } from '../../core/grading.ts';
import { nextHint, shownAnswer } from '../../core/hints.ts';
import { type Judgement, legalOutcome } from '../../core/judgement.ts';
import type { Move } from '../../core/policy.ts';
import type { SkillName } from '../../core/skills.ts';
import { findFaq, findPassage } from './faq.ts';
import { isWeary } from './judge.ts';
import { pick } from './phrases.ts';

/** Says what a move asks for, in the pack's words and the tutor's character. */

interface Scene {
  input: TeacherInput;
  move: Move;
  judgement: Judgement;
  /** What the message is about. */
  part: PackStep | Refresher | null;
  /** Varies phrases from turn to turn without chance. */
  seed: number;
}

type Said = Pick<TeacherOutput, 'message' | 'unanswered'>;

export function speak(input: TeacherInput, judgement: Judgement): Said {
  const outcome = legalOutcome(judgement, input.graded, input.pending !== null);
  const [only] = Object.values(input.moves);
  const move = input.moves[outcome] ?? only;
  if (!move) throw new Error('no move to speak for');
  const source = (move.step ?? input.step)?.source ?? null;
  const part = input.pack && source ? packPart(input.pack, source) : null;
  const seed = input.recent.reduce((sum, { text }) => sum + text.length, input.reply.length);
  const scene = { input, move, judgement, part, seed };
  const said = SAY[move.skill](scene);
  return typeof said === 'string' ? { message: paragraphs(aside(scene), said), unanswered: false } : said;
}

/** "b, and what is a numerator?": an answer with a question behind it, which is answered first. */
function aside({ input, move }: Scene): string | null {
  const isAnswer = move.outcome === 'correct' || move.outcome === 'partially' || move.outcome === 'incorrect';
  const [asked] = (isAnswer && /\b(?:what|why|how|who|when|where)\b[^.!?]*\?\s*$/i.exec(input.reply)) || [];
  const text = asked && (findFaq(input, asked)?.answer ?? findPassage(input, asked));
  const waiting = [move.question, move.outcome === 'correct' ? null : input.pending?.question];
  return text && !waiting.some((question) => question && revealsAnswer(question, text))
    ? `To your question: ${text}`
    : null;
}

const SAY: Record<SkillName, (scene: Scene) => string | Said> = {
  explain_concept: explain,
  create_quiz: (scene) => verdictOn(scene) || phrase(scene, 'next'),
  work_example: workExample,
  give_hint: giveHint,
  remediate_concept: remediate,
  show_answer: ({ input }) =>
    `${input.pending ? shownAnswer(input.pending.question) : ''}\n\nNow one like it, for you:`,
  answer_question: answerQuestion,
  redirect: (scene) => phrase(scene, scene.judgement.intent === 'manipulation' ? 'manipulation' : 'offTopic'),
  encourage: (scene) => phrase(scene, encouragement(scene)),
  announce_replan: (scene) => paragraphs(phrase(scene, 'wrong'), remedyFor(scene)),
  celebrate: (scene) => paragraphs(verdictOn(scene), phrase(scene, 'finished')),
};

function encouragement({ input, move }: Scene): Parameters<typeof pick>[0] {
  if (!move.step) return 'askAway';
  return isWeary(input.reply) ? 'weary' : ENCOURAGE[input.pending?.question.kind ?? 'none'];
}

const ENCOURAGE = {
  choice: 'chooseLetter',
  numeric: 'giveNumber',
  short: 'encourage',
  open: 'encourage',
  none: 'ready',
} as const;

function phrase({ input, seed }: Scene, kind: Parameters<typeof pick>[0]): string {
  const last = input.recent.findLast((said) => said.author === 'tutor')?.text ?? '';
  return pick(kind, input.preferences, seed, last);
}

function paragraphs(...parts: readonly (string | null | undefined)[]): string {
  return parts.filter(Boolean).join('\n\n');
}

/** What is said of the answer itself: right and why, partly right, or nothing when there was none. */
function verdictOn(scene: Scene): string {
  const { outcome } = scene.move;
  const question = scene.input.pending?.question;
  if (outcome === 'correct' && question) return `${phrase(scene, 'right')} ${question.explanation}`;
  if (outcome === 'partially') return phrase(scene, 'partly');
  return outcome === 'incorrect' ? phrase(scene, 'wrong') : '';
}

function explain(scene: Scene): string {
  const { move, part, input } = scene;
  if (!part || !move.step) return verdictOn(scene);
  const closed = move.outcome === 'correct' && input.step ? `That completes **${input.step.title}**.` : null;
  const example = part.examples[0] && `**For example:** ${part.examples[0]}`;
  return paragraphs(verdictOn(scene), closed, `### ${move.step.title}`, part.explanations[0], example);
}

function workExample(scene: Scene): string {
  const { examples = [], explanations = [] } = scene.part ?? {};
  const help = unrevealing(scene, [...examples, ...explanations]);
  return paragraphs(phrase(scene, 'lost'), help && (examples.includes(help) ? `**Watch one first:** ${help}` : help));
}

function giveHint(scene: Scene): string {
  const { input, move } = scene;
  const opening = move.outcome === 'wants_answer' ? phrase(scene, 'noAnswerYet') : verdictOn(scene);
  return paragraphs(opening, namedMisconception(scene), input.pending && nextHint(input.pending));
}

function remediate(scene: Scene): string {
  const remedy = remedyFor(scene);
  const help =
    (remedy && isFresh(scene, remedy) ? remedy : otherWay(scene)) ?? unrevealing(scene, scene.part?.examples ?? []);
  const hint = scene.input.pending && nextHint(scene.input.pending);
  return paragraphs(verdictOn(scene), phrase(scene, 'anotherWay'), help ?? hint);
}

/** The authored answer to a misconception, unless it would give the waiting answer away. */
function remedyFor(scene: Scene): string | null {
  const known = misconceptionOf(scene);
  return known ? unrevealing(scene, [known.remedy]) : null;
}

function namedMisconception(scene: Scene): string | null {
  const known = misconceptionOf(scene);
  return known ? `A common trap hides here: *${known.name}*. Is it really so?` : null;
}

function misconceptionOf({ input, judgement }: Scene) {
  const step = input.pack && input.step?.source ? packStepOf(input.pack, input.step.source) : null;
  return step?.misconceptions.find(({ id }) => id === judgement.misconception) ?? null;
}

/** The next explanation after those already given. */
function otherWay(scene: Scene): string | null {
  const all = scene.part?.explanations ?? [];
  const from = scene.move.step?.explained ?? 0;
  return unrevealing(scene, [...all.slice(from), ...all.slice(1, from)]);
}

/** The first text that gives nothing away; one that was not said just now, if there is such a one. */
function unrevealing(scene: Scene, texts: readonly string[]): string | null {
  const question = scene.input.pending?.question;
  const safe = texts.filter((text) => !question || !revealsAnswer(question, text));
  return safe.find((text) => isFresh(scene, text)) ?? safe[0] ?? null;
}

function isFresh({ input }: Scene, text: string): boolean {
  return !input.recent.some((said) => said.author === 'tutor' && said.text.includes(text.trim()));
}

function answerQuestion(scene: Scene): Said {
  const { input } = scene;
  const faq = findFaq(input, input.reply);
  const question = input.pending?.question;
  if (faq && question && revealsAnswer(question, faq.answer)) {
    return { message: phrase(scene, 'afterwards'), unanswered: true };
  }
  if (faq) return { message: faq.answer, unanswered: false };
  const passage = findPassage(input, input.reply);
  if (passage && !(question && revealsAnswer(question, passage))) {
    return { message: `The course says: ${passage}`, unanswered: false };
  }
  return { message: phrase(scene, 'unanswered'), unanswered: true };
}
