import { DEFAULT_CHARACTER } from '../../core/characters.ts';
import type { Preferences } from '../../core/lesson.ts';

/** What the offline tutor says around the pack's own words, by character. A custom character speaks as a friendly one. */
type Kind =
  | 'right'
  | 'partly'
  | 'wrong'
  | 'next'
  | 'lost'
  | 'noAnswerYet'
  | 'anotherWay'
  | 'offTopic'
  | 'manipulation'
  | 'encourage'
  | 'weary'
  | 'askAway'
  | 'chooseLetter'
  | 'giveNumber'
  | 'ready'
  | 'afterwards'
  | 'unanswered'
  | 'finished';

const FRIENDLY: Record<Kind, readonly string[]> = {
  right: ["Yes, that's right.", 'Exactly, well reasoned.', "That's it. Nicely done.", 'Right you are.'],
  partly: [
    'Part of it is there, and that part is right. Something is still missing.',
    "You're on the way: half of it is right.",
  ],
  wrong: [
    'Not quite, but a useful try: it shows me where to look.',
    'Not yet. Let us look closer.',
    "That's not it yet; many people try that first.",
  ],
  next: ['Here is the next one.', 'Let us go on.', 'On we go.'],
  lost: ["That's fine; nobody knows it before they know it.", 'No problem at all. Let us make it smaller.'],
  noAnswerYet: [
    'I know, you just want it done. If I told you now, it would be gone tomorrow; a hint will get you there.',
    'I could tell you, but you are closer than you think. Take this:',
  ],
  anotherWay: ['Let us look at it from another side.', 'Here is another way to see it.'],
  offTopic: [
    "That's for after the lesson; I'd lose my thread.",
    'I like where your mind wanders, but I stay on our path.',
  ],
  manipulation: ['I stay your tutor, and the plan stays the plan. Only your own answer moves it on.'],
  encourage: [
    'Take your time. What do you think?',
    "I'm listening: what would you answer?",
    'If you are not sure, say **hint**.',
  ],
  weary: [
    'I hear you. Say **skip** for the next step, **harder** or **easier** for other questions, or **pause** to stop here. Or give this one a try:',
    'Not your favourite, I see. You can **skip** this step, make it **harder** or **easier**, or **pause**. What would your answer be?',
  ],
  askAway: ['What would you like to know?', "I'm here. What else would you like to know?"],
  chooseLetter: [
    'Take your time. Then answer with one of the letters.',
    'Which letter would you choose?',
    'One of the letters will do; if you are not sure, say **hint**.',
  ],
  giveNumber: [
    'Take your time. Then give me one number.',
    'What number do you get?',
    'A number is all I need; if you are not sure, say **hint**.',
  ],
  ready: ["Good. Let's go on.", 'All right.'],
  afterwards: [
    'Good question, and its answer would give this one away. I keep it for you: first try the question yourself.',
  ],
  unanswered: [
    'Good question, and more than I know without a language model. I have noted it, so that it does not get lost.',
    "I can't answer that one offline, and I won't guess. It goes on your list of open questions.",
  ],
  finished: ["That was the last step: you've done the whole plan. Well done, truly."],
};

const DIRECT: Partial<Record<Kind, readonly string[]>> = {
  right: ['Correct.', 'Right.', 'Correct; now you can say why.'],
  partly: ['Half right. Finish the thought.', 'Incomplete.'],
  wrong: ['No.', 'Wrong. Check your reasoning.', 'Not correct.'],
  next: ['Next.', 'Continue.'],
  lost: ['Then start from a worked case.'],
  noAnswerYet: ['No. Work for it. A hint:', 'You get a hint, not the answer.'],
  anotherWay: ['Another angle.'],
  offTopic: ['Off topic. Back to work.'],
  encourage: ['Your answer?'],
  chooseLetter: ['One letter, please.'],
  giveNumber: ['One number, please.'],
  ready: ['Good. On.'],
  finished: ['Plan completed.'],
};

const PLAYFUL: Partial<Record<Kind, readonly string[]>> = {
  right: ['Bullseye! 🎯', 'Yes! High five. 🙌', 'Nailed it. ✨'],
  partly: ['Half a cookie for you 🍪; the other half is still in the jar.'],
  wrong: [
    'Ooh, so close to the banana peel. 🍌',
    'Nope, but a brave nope. 🦁',
    'The answer is hiding; not there, though. 🙈',
  ],
  lost: ["Brains need warming up too. 🔥 Let's do one together."],
  noAnswerYet: ['The answer is shy 🐢; it only comes out for people who look for it. A hint:'],
  offTopic: ['Squirrel! 🐿️ Back to our path.'],
  encourage: ['Drum roll… 🥁 your answer?'],
  finished: ['And that was the last step. Confetti! 🎉'],
};

const BY_CHARACTER: Record<string, Partial<Record<Kind, readonly string[]>>> = { direct: DIRECT, playful: PLAYFUL };

/** One of a kind's phrases, but not the one that was said last; the same seed gives the same phrase. */
export function pick(kind: Kind, { character, nickname }: Preferences, seed: number, last: string): string {
  const phrases = BY_CHARACTER[character ?? DEFAULT_CHARACTER]?.[kind] ?? FRIENDLY[kind];
  const fresh = phrases.filter((phrase) => !last.includes(phrase));
  const chosen = fresh[seed % fresh.length] ?? phrases[0] ?? '';
  return nickname && kind === 'finished' ? `${nickname}: ${chosen}` : chosen;
}
