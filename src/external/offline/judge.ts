import type { TeacherInput } from '../../core/agents/teacher.ts';
import type { Pack } from '../../core/curriculum.ts';
import type { Grade } from '../../core/grading.ts';
import { type Judgement, NEUTRAL, type Outcome } from '../../core/judgement.ts';
import { nearWord, normalise, wordCount } from '../../core/text.ts';
import { findFaq } from './faq.ts';

/** Judges a message by rule, where the answer key could not. */
export function judge(input: TeacherInput): Judgement {
  const { graded, reply } = input;
  const [known] = Object.keys(input.moves) as Outcome[];
  if (known && Object.keys(input.moves).length === 1) return decided(known, input);
  const intent = intentOf(input);
  if (intent !== null) return { ...NEUTRAL, intent };
  if (graded) return answerGraded(graded);
  if (isGuess(reply)) return NEUTRAL;
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
/** Before a request: "can you please just …". */
const ASKING = String.raw`^\W*(?:(?:ok|so|and|but|please|pls|plz|just|can|could|will|would|c'?mon|come on|u|you|i|we|want|need|to|then)[ ,]+)*`;
/** After it; an answer would go on ("write it as 5/5"). */
const DONE = String.raw`(?: (?:to )?me)?(?: (?:please|pls|plz|now|already|or i \w+))*\W*$`;
const WANTS_ANSWER = new RegExp(
  [
    String.raw`${ASKING}(?:tell|give|show|say|see|know|have)\b[^.?!]{0,12} (?:the |your )?(?:right |correct |full )?(?:answer|solution|result)\b(?! (?:is|was|\d))`,
    `${ASKING}(?:the )?(?:answer|solution)${DONE}`,
    String.raw`\bwhat(?:'?s| is) the (?:right |correct )?answer\b|^\W*the answer is\W*$|\bwh(?:ich|at)(?: one| answer)? is (?:right|correct)\b`,
    String.raw`\bwhat (?:should|do|must) i (?:answer|write|say|type|put)\b|^\W*i? ?give up\W*$|\bi give up\b|\bjust tell me\b`,
    `${ASKING}(?:tell|give|write|show|say|solve|do|answer)(?: me| us)?(?: just)? (?:it|that|this|which(?: one)?|the sentence)(?: for)?${DONE}`,
    `${ASKING}tell me${DONE}`,
  ].join('|'),
  'i',
);
const LOST =
  /^\W*(idk|dunno|i ?d(o no|on'?)t (know|get it|understand)|no idea|not sure|i'?m (lost|confused|stuck)|confused|stuck)\b|^\W*((can|could) (you|u) )?(please )?(help( me)?|what|huh|why|how( come)?)( (please|pls|plz))?\W*$|\bi (really )?(don'?t|do not|dont) (get|understand|know)\b|\bno clue\b|\b(what|how) (does|is|do) (this|the) question\b/i;
/** Wants the matter once more, or on an example. */
const EXPLAIN = new RegExp(
  String.raw`${ASKING}(?:(?:explain|show)\b.{0,30}\b(?:again|how|this|it|example|more)|explain\W*$|(?:give|show|have|see|get)\b.{0,20}\bexample|an(?:other)? example|tell me more)`,
  'i',
);
const REPEAT =
  /^\W*(?:(?:can|could) (?:you|u) )?(?:please )?(?:repeat|say)(?: (?:that|it|the question))?(?: again)?(?: please)?\W*$/i;
const QUESTION =
  /^\W*(so |but |and |wait,? |hmm,? |ok,? |btw,? )*(why|what|whats|wat|wats|how|when|where|who|which|can|could|is|are|do|does|did|would|should|will|tell me (about|why|how))\b/i;
/** About the tutor, not about the lesson. */
const PERSONAL =
  /^\W*(?:(?:do|can|did) (?:you|u) (?:like|love|have|want|play|eat|know me)|(?:are|r|who are|what are|how are|how old are|where are) (?:you|u)\b)/i;
const SMALL_TALK =
  /^\W*(ok(ay)?|k|yes|yep|yeah|no|nope|hi|hello( again)?|hey|thanks?( you)?|cool|nice|lol|haha|hmm+|easy|good|great|fine|i'?m back|hi i'?m back|ready|wow|ugh+|meh|bruh|next( question)?|idc|whatever|no way|wait|(one|a) (sec|second|moment|minute)|that('?s| is) (wrong|not true))\W*$/i;
const WEARY =
  /\b(boring|bored|i hate (this|you|it)|this (sucks|is (stupid|dumb))|tired|don'?t want to|dont care|idc|meh|ugh+|whatever)\b/i;

function intentOf(input: TeacherInput): Exclude<Judgement['intent'], 'answer'> | null {
  const { reply, pack, graded } = input;
  if (reply.trim() === '' || SMALL_TALK.test(reply)) return graded?.label === 'correct' ? null : 'no_answer';
  if (MANIPULATION.test(reply)) return 'manipulation';
  if (graded?.label === 'correct') return null;
  if (REPEAT.test(reply) || isWeary(reply)) return 'no_answer';
  if (WANTS_ANSWER.test(reply)) return 'wants_answer';
  if (EXPLAIN.test(reply)) return 'lost';
  if (PERSONAL.test(reply)) return 'off_topic';
  if (LOST.test(reply)) return 'lost';
  const asks = QUESTION.test(reply) || (/\?\s*$/.test(reply) && wordCount(reply) > 4);
  if (asks && !isGuess(reply)) {
    return findFaq(input, reply) || pack === null || sharesWords(pack, reply) ? 'question' : 'off_topic';
  }
  const isWild = graded?.label === 'incorrect' && graded.misconception === null && wordCount(reply) >= 4;
  return isWild && pack !== null && !sharesWords(pack, reply) ? 'off_topic' : null;
}

/** Has had enough; nothing in it to grade. */
export function isWeary(reply: string): boolean {
  return WEARY.test(reply) && wordCount(reply) <= 8;
}

/** "is it 3/8??": an answer in the form of a question. */
function isGuess(reply: string): boolean {
  return /^\W*(?:is|was) (?:it|that)\b/i.test(reply) && wordCount(reply) <= 4;
}

/** Whether a text has a telling word in common with the pack: the cheapest sign that it is about the lesson. */
function sharesWords(pack: Pack, text: string): boolean {
  const vocabulary = vocabularyOf(pack);
  return normalise(text)
    .split(' ')
    .some((word) => word.length > 3 && (vocabulary.has(stem(word)) || isMisspelt(word, vocabulary)));
}

const isMisspelt = (word: string, vocabulary: ReadonlySet<string>) =>
  word.length > 6 && [...vocabulary].some((known) => nearWord(stem(word), known));

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
