import { isCode, type Mention, NEGATORS, normalise, readable } from './text.ts';

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

const UNSURE =
  /\b(?:im |i am |i )?(?:not (?:(?:\d+ ?%|so|too|really|totally|very|quite|entirely|completely) )?(?:sure|certain)|(?:really |honestly )?(?:dont|do not) (?:really |even )?(?:know|remember)|no (?:idea|clue)|idk|\d+ ?% (?:sure|certain))\b(?! (?:what|why|how|who|where|which|when))(?: (?:if|tho|though|about it|abt it))?/g;

/** What nobody says to answer a question, but people who want marks without an answer do. */
const ORDER =
  /\b(?:ignore|disregard|forget) (?:all|any|your|previous|the (?:above|rules|instructions))\b|\b(?:mark|grade|count|accept|score|treat|rate|consider) (?:this|it|me|that|my (?:answer|reply)) (?:as |to be )?(?:correct|right|true|complete|completed|passed|done)\b|\bset all\b|\bnote to\b|\bfull (?:marks|credit)\b|\b(?:award|give) (?:me |it )?(?:full|a pass|100 ?%|1\.0)|\bwhatever you\b|\banswer key\b|"\w+" ?:|\b(?:mastery|verdict)\w* ?[=:]|\byou are now\b|\bsystem prompt\b/;

const OPENING = /^(?:(?:wait|so|ok|okay|but|and|um+|hm+|hey|well|sorry|please|pls|also|btw)[ ,]+)*/;
const ASKED =
  /^(?:(?:what|why|how|who|where|when) (?:is|are|was|were|does|do|did|can|could|would|should|isnt|not|come|much|many)|(?:whats|hows|whos|wheres))\b/;
const REQUEST =
  /^(?:(?:can|could|may|will|would|should) (?:you|u|i|we)|(?:do|did|are|have) (?:you|u)|do (?:i|we)|does (?:this|that|it) (?:matter|mean)|explain|(?:just )?(?:tell|show|give|teach) me|help me|lets (?:go(?! with| for)|move|do|start|stop|skip|talk)|i (?:need|want) (?:a |some |more |the |to |your )*(?:hint|help|know|example|explanation|answer|break|stop|skip))\b/;
const OFFERED =
  /^(?:is (?:it|that|this|the answer|[a-j]\b|-?[\d.]|\S+ (?:right|correct|it\b|the answer))|(?:how|what) about)/;

/** "what is b?" asks something; "is it b?", "how about b?" offers an answer. */
function isQuestionBack(sentence: string): boolean {
  const text = sentence.replace(OPENING, '');
  if (OFFERED.test(text)) return false;
  if (REQUEST.test(text) || ASKED.test(text)) return true;
  const opens = /^(?:what|why|how|who|where|when|which|is|are|was|does|do|did|has|have|am)\b/.test(text);
  return opens && (text.endsWith('?') || /^(?:what|why|how|who|where|when|which)(?: \S+)?$/.test(text));
}

const CHAT = new Set(
  `ok okay k kk sure yes yeah yep yup no nope nah lol lmao haha hahaha hm hmm um uh oh ah wow cool nice great good fine easy hard
  boring dumb stupid annoying fun thanks thank thx ty hi hello hey yo bye brb wait what whats huh why how who which where when really
  help hint skip pass next stop continue go on again repeat please pls sorry idc idk whatever dunno i im me my you u your ur it its this
  that is are so too very just a the to do dont does did not know knew get understand follow cant cannot can could would give gives up
  lost stuck confused back done bored tired want need tell show answer mean means idea clue more see sense makes make any of`.split(
    /\s+/,
  ),
);

/** "ok", "why?", "i dont get it", a lone emoji: words that answer nothing by themselves. */
export function isChat(text: string): boolean {
  const words = normalise(text).split(' ');
  return words.every((word) => word === '' || CHAT.has(word));
}

const REVISED =
  'wait|actually|i mean|i meant|scratch that|oops|sorry|never ?mind|nvm|on second thoughts?|changed my mind|correction|hang on|hold on|or rather';
/** Takes back what was named before it. */
const REVISION = new RegExp(`\\b(?:${REVISED})\\b|(?:^|[.,!?;] ?)(?:no|nope|nah)\\b|^ no (?:its |it is )?$`);
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
    const isLinked = /^ ?,? ?(?:or|nor|and|\/) (?:its |the |a )?$/.test(gap) && denied[index - 1] === true;
    denied.push(isLinked || isDenied(gap) || DENIED_AFTER.test(text.slice(mention.end, mention.end + 30)));
  }
  const claimed = kept.filter((_, index) => !denied[index]);
  const from = kept[0]?.end ?? 0;
  const reason = text.slice(from).search(REASON);
  const reasoned = reason < 0 ? [] : claimed.filter((mention) => mention.start < from + reason);
  return reasoned.length > 0 ? reasoned : claimed;
}

function isDenied(gap: string): boolean {
  const clause = gap.split(/[.;:!?,()]|\b(?:but|so|because|then|therefore|although|though)\b/).at(-1) ?? '';
  const words = clause.trim().split(/\s+/).slice(-6);
  const at = words.findLastIndex(
    (word, index) =>
      NEGATORS.has(word) || word === 'thought' || /^(?:instead of|rather than)$/.test(`${word} ${words[index + 1]}`),
  );
  if (at < 0) return false;
  return words[at] === 'no' ? at === words.length - 1 : !/^(?:only|just)$/.test(words[at + 1] ?? '');
}

const LEADER =
  /^(?:[\s.,;:!?"*~()[\]-]|(?:i (?:also |still |really )?(?:think|guess|believe|say|said|choose|chose|pick|picked|reckon|got|get|vote)(?: that)?|(?:i would|id|ill) (?:say|pick|guess|choose|vote|go (?:with|for))|(?:im |i am |gonna |lets )?(?:going|go) (?:with|for)|(?:my|the) (?:final |correct |right )?(?:answer|guess|choice|pick)(?: (?:is|would be|must be|should be))?|(?:final )?answer(?: is)?|its called|(?:it|that|this|they|there) (?:is|are|was|would be|must be|should be|could be|has to be)|itd be|thats|its|theyre|(?:could|would) (?:it|that) be|is (?:it|that|this)|(?:must|should|has to|would) be|(?:how|what) about|(?:option|choice|letter)|called|maybe|probably|prob|perhaps|possibly|definitely|obviously|clearly|surely|so|well|um+|uh+|hm+|ok|okay|oh|ah|yes|yeah|yep|(?:no|nope|nah)(?=[,.;:!])|and|then|like|just|wait|actually|oops|sorry|hey|tbh|imo|i mean|i meant|a|an|the|some)(?![\p{L}\p{N}-]))/u;
const TRAILER =
  /(?:[\s.,;:!?"*~)\]]|(?<=[\s,.!?])(?:i (?:think|guess|believe|reckon|suppose)|right|maybe|probably|prob|lol|haha|tho|though|please|pls|obviously|definitely|for sure|of course|imo|ig|final answer|is (?:my|the) answer|is (?:it|that)(?: right| correct)?|am i right|or (?:something|smth|whatever)|yeah|no|duh|thanks|bro|man|dude|sir|miss))$/;

/** The text, and what remains of it as one padding word after another ("i think its", "maybe") is taken away. */
export function cores(text: string): string[] {
  const stages = [text];
  for (let round = 0, rest = text; round < 12; round += 1) {
    stages.push(strippedEnd(rest));
    const shorter = rest.replace(LEADER, '');
    if (shorter === rest || shorter === '') break;
    rest = shorter;
    stages.push(rest);
  }
  return [...new Set(stages.filter(Boolean))];
}

function strippedEnd(text: string): string {
  for (let round = 0, rest = text; ; round += 1) {
    const shorter = rest.replace(TRAILER, '');
    if (shorter === rest || shorter === '' || round > 40) return rest;
    rest = shorter;
  }
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
    (form) => isWordy(form) && !(isStrict && /\p{L} ?\p{L}/u.test(form)) && tight.includes(squeezed(form)),
  ];
  for (const isLike of degrees) {
    const found = forms.flatMap((form, index) => (isLike(form) ? [index] : []));
    if (found.length > 0) return found;
  }
  return [];
}

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
