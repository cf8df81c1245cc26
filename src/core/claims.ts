import { anyOf, isCode, type Mention, NEGATORS, normalise, readable, wordSet } from './text.ts';

/**
 * What of a reply may be an answer, as readable text: without chat markup, orders to whoever grades it, and questions
 * back. Empty when nothing is left.
 */
export function said(reply: string): string {
  const text = reply
    .replace(/<\|[^<>|]{0,40}\|>|<(?:[@#]|a?:|t:)[^<>\n]{1,64}>|https?:\/\/\S+/g, ' ')
    .replace(/(^|[\n.!?])\s*\[?(?:system|admin|assistant|developer|grader)\]?\s*:.*/gi, '$1')
    .replace(/[[({][^\])}]{0,400}[\])}]/g, (part) => (ORDER.test(part.toLowerCase()) ? ' ' : part));
  return readable(text)
    .split(/(?<=[.!?;]) /)
    .filter((sentence) => !ORDER.test(sentence) && !isQuestionBack(sentence))
    .join(' ')
    .replace(/^(?:[ ,;]|\.(?!\d))+/, '');
}

/** What is left of `said` without doubts: "not sure, 7/8?" is an answer, and so is "isn't it b?". */
export function saidSurely(reply: string): string {
  return said(reply)
    .replace(UNSURE, ' , ')
    .replace(/(^|[,.;!?] )(?:isnt|wouldnt|couldnt|shouldnt|cant) (it|that|this)\b/g, '$1is $2')
    .replace(/ +/g, ' ')
    .replace(/^(?:[ ,;]|\.(?!\d))+/, '');
}

const UNSURE = new RegExp(
  String.raw`\b(?:im |i am |i )?${anyOf(
    String.raw`not (?:(?:\d+ ?%|so|too|really|totally|very|quite|entirely|completely) )?(?:sure|certain)`,
    '(?:really |honestly )?(?:dont|do not) (?:really |even )?(?:know|remember)',
    'no (?:idea|clue)',
    'idk',
    String.raw`\d+ ?% (?:sure|certain)`,
  )}\b(?! (?:what|why|how|who|where|which|when))(?: (?:if|tho|though|about it|abt it))?`,
  'g',
);

/** What nobody says to answer a question, but people who want marks without an answer do. */
const ORDER = new RegExp(
  String.raw`\b${anyOf(
    '(?:ignore|disregard|forget) (?:all|any|your|previous|the (?:above|rules|instructions))',
    '(?:mark|grade|count|accept|score|treat|rate|consider) (?:this|it|me|that|my (?:answer|reply)) (?:as |to be )?(?:correct|right|true|complete|completed|passed|done)',
    'set all',
    'note to',
    'full (?:marks|credit)',
    String.raw`(?:award|give) (?:me |it )?(?:full|a pass|100 ?%|1\.0)`,
    'whatever you',
    'answer key',
    String.raw`(?:mastery|verdict)\w* ?[=:]`,
    'you are now',
    'system prompt',
  )}|"\w+" ?:`,
);

const OPENING = /^(?:(?:wait|so|ok|okay|but|and|um+|hm+|hey|well|sorry|please|pls|also|btw)[ ,]+)*/;
const WHAT = '(?:what|why|how|who|where|when|which)';
const ASKED = new RegExp(
  String.raw`^${anyOf(
    `${WHAT} (?:is|are|was|were|does|do|did|can|could|would|should|isnt|not|come|much|many|long)`,
    'whats|hows|whos|wheres',
  )}\b`,
);
const REQUEST = new RegExp(
  String.raw`^${anyOf(
    '(?:can|could|may|will|would|should) (?:you|u|i|we)(?! (?:change|say|pick|choose|go with))',
    '(?:do|did|are|have) (?:you|u)',
    'do (?:i|we)',
    'does (?:this|that|it) (?:matter|mean)',
    'explain|help me|(?:just )?(?:tell|show|give|teach) me',
    'lets (?:go(?! with| for)|move|do|start|stop|skip|talk)',
    'i (?:need|want) (?:a |some |more |the |to |your )*(?:hint|help|know|example|explanation|answer|break|stop|skip)',
  )}\b`,
);
const OFFERED = new RegExp(
  `^${anyOf(
    '(?:is|was) (?:it|that|he|she|the answer)',
    'are (?:they|these|those)',
    String.raw`is (?:[a-j]\b|-?[\d.]|\S+ (?:right|correct|it\b|the answer))`,
    '(?:how|what) about',
  )}`,
);

/** "what is b?" asks something; "is it b?", "how about b?" offers an answer. */
function isQuestionBack(sentence: string): boolean {
  const text = sentence.replace(OPENING, '');
  if (OFFERED.test(text)) return false;
  if (REQUEST.test(text) || ASKED.test(text)) return true;
  if (text.endsWith('?'))
    return /^(?:what|why|how|who|where|when|which|is|are|was|does|do|did|has|have|am)\b/.test(text);
  return new RegExp(String.raw`^${WHAT}(?: \S+)?$`).test(text);
}

const CHAT = wordSet(`
  ok okay k kk sure yes yeah yep yup no nope nah lol lmao haha hahaha hm hmm um uh oh ah wow cool nice great good fine
  easy hard boring dumb stupid annoying fun thanks thank thx ty hi hello hey yo bye brb afk wtf omg bruh bro morning
  wait hold what whats huh why how who which where when really help hint skip pass next stop continue go on again repeat
  please pls sorry idc idk whatever dunno google i im me my you u your ur it its this that is are so too very just a the
  to do dont does did not know knew get understand follow cant cannot can could would give gives up lost stuck confused
  back done bored tired want need tell show answer mean means idea clue guess forgot remember right correct think
  thinking lemme let sec maybe perhaps probably definitely more see sense makes make any of
`);

/** Words of every sentence: as a form of a key they count only where nothing else is said. */
export const ORDINARY = wordSet(`
  a an as at be by do for from go has have he i if in is it not of on or so that the they this to up was we while with
  you your
`);

/** "ok", "why?", "i dont get it", a lone emoji: words that answer nothing by themselves. */
export function isChat(text: string): boolean {
  const words = normalise(text).split(' ');
  return words.every((word) => word === '' || CHAT.has(word));
}

const REVISED =
  'wait|actually|i meant?|scratch that|oops|sorry|never ?mind|nvm|on second thoughts?|changed my mind|correction|hang on|hold on|or rather';
/** Takes back what was named before it. */
const REVISION = new RegExp(
  `\\b(?:${REVISED})\\b|(?:^|[.,!?;] ?)(?:no|nope|nah)\\b|^ (?:no|nope|nah) (?:its |it is )?$`,
);
const RETRACTED = /\b(?:no,? wait|wait,? no|scratch that|never ?mind|nvm)[ .!]*$/;
const DENIED_AFTER =
  /^ (?:(?:is|was|are|would be|seems|looks) (?:not|wrong|incorrect|false|out)|isnt|wasnt|arent|cant|cannot|doesnt|wouldnt)\b(?! it\b)/;
const REASON =
  /\b(?:because|bc|bcs|cuz|coz|cause|since|due to|check|checking|proof)\b| \((?=[^()]*[a-z]{2})| cos (?=[a-z])/;

/** The part of a text that claims something: after the last change of mind, before the reasons. */
export function claimIn(text: string): string {
  const last = text.split(new RegExp(`\\b(?:${REVISED})\\b`)).at(-1) ?? '';
  const claim = last.split(REASON)[0] ?? '';
  return /[^\s.,;:!?]/.test(claim) ? claim.trim() : text;
}

/**
 * What a learner ends up claiming: mentions that are denied ("not b"), or taken back by a later one ("a, no wait,
 * b"), are left out, and so is what only a reason names ("b because a is too small").
 */
export function asserted<T>(text: string, mentions: readonly Mention<T>[]): Mention<T>[] {
  if (RETRACTED.test(text)) return [];
  const revised = mentions.findLastIndex((mention, index) => {
    const before = mentions[index - 1];
    return before !== undefined && REVISION.test(text.slice(before.end, mention.start));
  });
  const kept = mentions.slice(Math.max(0, revised));
  const denied: boolean[] = [];
  for (const [index, mention] of kept.entries()) {
    const before = kept[index - 1] ?? mentions[revised - 1];
    const full = text.slice(Math.max(before?.end ?? 0, mention.start - 200), mention.start);
    const gap = index === 0 && before ? (full.split(REVISION).at(-1) ?? '') : full;
    const isBare = /^[a-j]$|\d/.test(text.slice(mention.start, mention.end));
    const isLinked = /^ ?,? ?(?:or|nor|and|\/) (?:its |the |a )?$/.test(gap) && denied[index - 1] === true;
    denied.push(
      isLinked ||
        isDenied(isBare ? gap.replace(/\bno $/, '') : gap) ||
        DENIED_AFTER.test(text.slice(mention.end, mention.end + 30)),
    );
  }
  const claimed = kept.filter((_, index) => !denied[index]);
  const concluded = claimed.findLastIndex(({ start }) => CONCLUDES.test(text.slice(Math.max(0, start - 30), start)));
  if (concluded > 0) return claimed.slice(concluded);
  const from = kept[0]?.end ?? 0;
  const reason = text.slice(from).search(REASON);
  const reasoned = reason < 0 ? [] : claimed.filter((mention) => mention.start < from + reason);
  return reasoned.length > 0 ? reasoned : claimed;
}

const CONCLUDES = /\b(?:so|therefore|thus|hence),? (?:(?:its|it|is|the|must|be|i|pick|choose|say|an?)\b ?)*$/;

function isDenied(gap: string): boolean {
  if (/\b(?:all|any\w*|every\w*|nothing) but (?:the |an? )?$/.test(gap)) return true;
  const clause = gap.split(/[.;:!?,()]|\b(?:but|so|because|then|therefore|although|though)\b/).at(-1) ?? '';
  const words = clause.trim().split(/\s+/).slice(-6);
  const at = words.findLastIndex(
    (word, index) =>
      NEGATORS.has(word) || word === 'thought' || /^(?:instead of|rather than)$/.test(`${word} ${words[index + 1]}`),
  );
  if (at < 0) return false;
  return words[at] === 'no' ? at === words.length - 1 : !/^(?:only|just)$/.test(words[at + 1] ?? '');
}

/** What people say before an answer, one at a time. */
const LEADER = new RegExp(
  String.raw`^(?:[\s.,;:!?"*~()[\]-]|${anyOf(
    'i (?:also |still |really )?(?:think|guess|believe|say|said|choose|chose|pick|picked|reckon|got|get|vote)(?: that)?',
    '(?:i would|id|ill) (?:say|pick|guess|choose|vote|go (?:with|for))',
    '(?:im |i am |gonna |lets )?(?:going|go) (?:with|for)',
    '(?:my|the) (?:final |correct |right )?(?:answer|guess|choice|pick)(?: (?:is|would be|must be|should be))?',
    '(?:final )?answer(?: is)?|option|choice|letter',
    '(?:it|that|this|they|there|he|she) (?:is|are|was|would be|must be|should be|could be|has to be)',
    'its called|called|itd be|thats|its|theyre|(?:must|should|has to|would) be',
    '(?:could|would) (?:it|that) be|(?:is|was) (?:it|that|this|he|she)|are (?:they|these|those)|(?:how|what) about',
    'maybe|probably|prob|perhaps|possibly|definitely|obviously|clearly|surely|tbh|imo',
    'so|well|um+|uh+|hm+|ok|okay|oh|ah|hey|and|then|like|just',
    '(?:yes|yeah|yep|no|nope|nah)(?=[,.;:!])',
    'wait|actually|oops|sorry|i meant?',
  )}(?![\p{L}\p{N}-])|(?:an?|the|some) )`,
  'u',
);
/** What they say after it. */
const TRAILER = new RegExp(
  String.raw`(?:[\s.,;:!?"*~)\]]|(?<=[\s,.!?])${anyOf(
    'i (?:think|guess|believe|reckon|suppose)|maybe|probably|prob|obviously|definitely|for sure|of course|imo|ig',
    'final answer|is (?:my|the) answer|is (?:it|that)(?: right| correct)?|am i right|right|duh',
    'or (?:something|smth|whatever)|lol|haha|tho|though|please|pls|thanks|bro|man|dude|sir|miss',
    '(?<=, )(?:yeah|no)',
  )})$`,
);

/** The text, and what remains of it as one padding word after another ("i think its", "maybe") is taken away. */
export function cores(text: string): string[] {
  const stages = stripped(text, LEADER, 12);
  const drawn = text.replace(/(\p{L})\1{2,}/gu, '$1');
  return [...new Set([...stages.flatMap((stage) => stripped(stage, TRAILER, 20)), drawn])].filter(Boolean);
}

function stripped(text: string, padding: RegExp, rounds: number): string[] {
  const stages = [text];
  for (let round = 0; round < rounds; round += 1) {
    const rest = stages.at(-1) ?? '';
    const shorter = rest.replace(padding, '');
    if (shorter === rest || shorter === '') break;
    stages.push(shorter);
  }
  return stages;
}

/** Forms that a reply is written like: those of the closest degree of likeness that any form has. */
export function closestForms(reply: string, forms: readonly string[], isStrict = false): number[] {
  const typed = cores(readable(reply));
  const [normal, tight] = [typed.map(normalise), typed.map(squeezed)];
  const isWordy = (form: string) => !isCode(form) && normalise(form) !== '';
  const degrees: ((form: string) => boolean)[] = [
    (form) => unwrapped(reply) === unwrapped(form),
    (form) => compact(reply) === compact(form) || typed.some((core) => compact(core) === compact(readable(form))),
    (form) => isWordy(form) && normal.includes(normalise(form)),
    (form) => isWordy(form) && !isStrict && normal.includes(normalise(withoutArticle(form))),
    (form) => isWordy(form) && form.includes(',') && typed.some((core) => listed(core) === listed(form)),
    (form) => isWordy(form) && !(isStrict && /\p{L} ?\p{L}/u.test(form)) && tight.includes(squeezed(form)),
  ];
  for (const isLike of degrees) {
    const found = forms.flatMap((form, index) => (isLike(form) ? [index] : []));
    if (found.length > 0) return found;
  }
  return [];
}

/** "1/8, 1/4, 1/2", "1/8 then 1/4 then 1/2", "1/8 < 1/4 < 1/2". */
const listed = (text: string) => normalise(text.replace(/[,;<]|\b(?:and|then)\b/gi, ' '));

/** Without a leading "the", "a", or the "to" of a verb. */
export const withoutArticle = (form: string) => form.replace(/^(?:an?|the|to) (?=\S)/i, '');

const unwrapped = (text: string) => text.replace(/^\s*`{1,3}(?:[a-z]+\n)?|`{1,3}\s*$/g, '').trim();

/** Case, kinds of quotes and spaces around signs make no difference; accents and signs do. */
function compact(text: string): string {
  return unwrapped(text)
    .normalize('NFC')
    .toLowerCase()
    .replace(/[‘’“”'"]/g, '"')
    .replace(/\s+/g, ' ')
    .replace(/ ?([^\p{L}\p{M}\p{N} ]) ?/gu, '$1')
    .replace(/(?<=.)[.!?;,:]+$/, '');
}

/** Without any spaces but those between digits: "1/5 × 1/3" and "1/5*1/3" are one. */
function squeezed(text: string): string {
  return normalise(text)
    .replace(/(?<=[\p{L}])-(?=\p{L})/gu, '')
    .replace(/(?<!\d) | (?!\d)/g, '')
    .replace(/(?<=[\d)])[x·](?=[\d(])/g, '*');
}
