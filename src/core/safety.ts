import type { Judgement } from './judgement.ts';

/** What is said when a message is about danger or harm: fixed words, never a model's. */

export type Concern = Exclude<Judgement['safety'], 'none'>;

export const SAFE_REPLIES: Record<Concern, string> = {
  self_harm: [
    'Thank you for telling me. This matters more than the lesson, and you do not have to carry it alone.',
    'I am a program and cannot be there for you as a person can. Please talk to somebody you trust right now: a parent, a teacher, a friend. If you may be in danger, call your emergency number (112 in Europe, 911 in North America); in the US and Canada you can call or text 988, in the UK and Ireland call Samaritans on 116 123, and findahelpline.com lists help elsewhere.',
    'The lesson waits for as long as you need.',
  ].join('\n\n'),
  abuse: "I won't answer in that tone, and I'm not going anywhere either. When you like, we go on where we were.",
  unsafe: "I can't help with that. When you like, we go on where we were.",
};

const SELF_HARM =
  /\b(kill(ing)? my ?self|suicid(e|al)|end my life|want to die|hurt(ing)? my ?self|cut(ting)? my ?self|self[- ]harm|don'?t want to (live|be alive))\b/i;

/** What no model is needed to see. The judgement and the provider's moderation see more. */
export function obviousConcern(text: string): Concern | null {
  return SELF_HARM.test(text) ? 'self_harm' : null;
}
