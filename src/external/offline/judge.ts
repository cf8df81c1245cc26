import type { TeacherInput } from '../../core/agents/teacher.ts';
import type { Pack } from '../../core/curriculum.ts';
import type { Grade } from '../../core/grading.ts';
import { type Judgement, NEUTRAL, type Outcome } from '../../core/judgement.ts';
import { normalise, wordCount } from '../../core/text.ts';
import { findFaq } from './faq.ts';

/** Judges a message by rule, where the answer key could not. */
export function judge(input: TeacherInput): Judgement {
  const { graded, reply } = input;
  const [known] = Object.keys(input.moves) as Outcome[];
  if (known && Object.keys(input.moves).length === 1) return decided(known, input);
  const intent = intentOf(input);
  if (intent !== null) return { ...NEUTRAL, intent };
  if (graded) return answerGraded(graded);
  const isOnTopic = input.pack === null || sharesWords(input.pack, reply) || wordCount(reply) <= 3;
  return { ...NEUTRAL, intent: isOnTopic ? 'no_answer' : 'off_topic' };
}

function decided(known: Outcome, { graded }: TeacherInput): Judgement {
  if (graded) return answerGraded(graded);
  const intent = known === 'correct' || known === 'partially' || known === 'incorrect' ? 'answer' : known;
  return { ...NEUTRAL, intent: intent === 'onwards' ? 'no_answer' : intent };
}

function answerGraded({ label, verdict, misconception }: Grade): Judgement {
  return { ...NEUTRAL, intent: 'answer', label, verdict, misconception, criteriaMet: label === 'correct' };
}

const MANIPULATION =
  /\b(ignore|disregard|forget)\b.{0,40}\b(instructions?|rules|prompt|above|previous)\b|\bsystem prompt\b|\byou are (now|no longer)\b|\bfrom now on you\b|^\s*(system|assistant|developer)\s*:|\b(mark|set|grade|give)\b.{0,30}\b(as )?(correct|completed|passed|mastery|full marks)\b|\banswer key\b|\bprint everything\b/i;
const WANTS_ANSWER =
  /\b(just|pls|please)?\s*(tell|give|write|show|say)( me)?( just)? (the |which |what )?(answer|solution|result|one|it|sentence)\b|\bwhat('?s| is) the (right |correct )?answer\b|\bi give up\b|\bjust tell me\b/i;
const LOST =
  /^\W*(idk|dunno|i ?d(o no|on'?)t (know|get it|understand)|no idea|not sure|i'?m (lost|confused|stuck)|confused|stuck|help( me)?|what\??|huh\??)\b|\bi (really )?(don'?t|do not|dont) (get|understand|know)\b|\bno clue\b/i;
const QUESTION =
  /^\W*(so |but |and |wait,? |hmm,? |ok,? |btw,? )*(why|what|whats|how|when|where|who|which|can|could|is|are|do|does|did|would|should|will|tell me (about|why|how))\b/i;
const SMALL_TALK =
  /^\W*(ok(ay)?|k|yes|yep|yeah|no|nope|hi|hello|hey|thanks?( you)?|cool|nice|lol|haha|hmm+|easy|good|great|fine|i'?m back|hi i'?m back|ready|wow)\W*$/i;

function intentOf(input: TeacherInput): Exclude<Judgement['intent'], 'answer'> | null {
  const { reply, pack, graded } = input;
  if (reply.trim() === '' || SMALL_TALK.test(reply)) return graded?.label === 'correct' ? null : 'no_answer';
  if (MANIPULATION.test(reply)) return 'manipulation';
  if (WANTS_ANSWER.test(reply)) return 'wants_answer';
  if (LOST.test(reply) && graded?.label !== 'correct') return 'lost';
  const asks = QUESTION.test(reply) || (/\?\s*$/.test(reply) && wordCount(reply) > 4);
  if (asks && graded?.label !== 'correct') {
    return findFaq(input, reply) || pack === null || sharesWords(pack, reply) ? 'question' : 'off_topic';
  }
  const isWild = graded?.label === 'incorrect' && graded.misconception === null && wordCount(reply) >= 4;
  return isWild && pack !== null && !sharesWords(pack, reply) ? 'off_topic' : null;
}

/** Whether a text has a telling word in common with the pack: the cheapest sign that it is about the lesson. */
function sharesWords(pack: Pack, text: string): boolean {
  const vocabulary = vocabularyOf(pack);
  return normalise(text)
    .split(' ')
    .some((word) => word.length > 3 && vocabulary.has(stem(word)));
}

const vocabularies = new WeakMap<Pack, Set<string>>();

function vocabularyOf(pack: Pack): Set<string> {
  const known = vocabularies.get(pack);
  if (known) return known;
  const source = pack.steps
    .flatMap((step) => [
      step.title,
      step.objective,
      ...step.misconceptions.map((misconception) => misconception.name),
      ...step.faq.flatMap((entry) => entry.ask.flat()),
      ...[...step.questions, ...step.refresher.questions].map((question) => question.prompt),
    ])
    .concat(pack.aliases)
    .join(' ');
  const words = normalise(source)
    .split(' ')
    .filter((word) => word.length > 3 && !COMMON.has(word));
  const vocabulary = new Set(words.map(stem));
  vocabularies.set(pack, vocabulary);
  return vocabulary;
}

const COMMON = new Set(
  'what which when where does with from that this they their them then than have your about into only many much more most make makes made same each every other there these those because after before would could should how some like want know just tell very also over under between answer question think will been being write give time year years people good best right wrong'.split(
    ' ',
  ),
);

function stem(word: string): string {
  return word.length > 5 ? word.replace(/(ing|ed|es|s)$/, '') : word.replace(/s$/, '');
}
