import type { CommandName, VoiceWish } from './messages.ts';
import { normalise } from './text.ts';

/**
 * Words that mean a button, when they are the whole message. Those that are ordinary answers elsewhere
 * ("yes", "ok") count only while a plan waits for approval.
 */
const WORDS: Record<CommandName, readonly string[]> = {
  approve: ['approve', 'approved'],
  easier: [
    'easier',
    'make it easier',
    'too hard',
    'this is too hard',
    'this is too hard for me',
    'its too hard',
    'its too hard for me',
  ],
  harder: ['harder', 'make it harder', 'too easy', 'this is too easy', 'this is too easy for me', 'its too easy'],
  another: ['another', 'another plan', 'different plan'],
  hint: ['hint'],
  show: ['show', 'show me', 'show answer', 'show the answer', 'show me the answer'],
  skip: ['skip', 'skip this', 'skip step', 'skip this step', 'next step'],
  pause: [
    ...['pause', 'stop', 'stop for now', 'take a break', 'lets pause', 'brb', 'i have to go', 'gotta go'],
    ...['quit', 'i quit', 'bye', 'goodbye'],
  ],
  resume: ['resume', 'continue', 'go on', 'im back', 'hi im back', 'where were we', 'where are we', 'where was i'],
  plan: ['plan', 'show plan', 'show the plan', 'show me the plan'],
  progress: ['progress', 'my progress', 'how am i doing', 'status', 'what did i learn'],
  questions: ['questions', 'questions only', 'only questions', 'just answer my questions', 'question mode'],
  course: ['course', 'planned course', 'back to the plan', 'make a plan', 'teach me'],
  help: ['help', 'commands', 'what can i say'],
  end: ['end', 'end lesson', 'end the lesson', 'stop the lesson', 'finish the lesson'],
};

const BY_WORD = new Map(
  Object.entries(WORDS).flatMap(([name, words]) => words.map((word) => [word, name as CommandName] as const)),
);

const APPROVALS = new Set(
  'yes|y|ok|okay|k|yep|yeah|sure|sure why not|why not|cool|alright|whatever|ready|im ready|i agree|go|start|begin|lets go|lets start|looks good|looks great|sounds good|sounds great|good|good to go|great|perfect|fine|just start|approve it|i approve|lets do it|go ahead'.split(
    '|',
  ),
);

/** A wish for a hint, in any of the ways in which people ask for one. */
const HINT =
  /^(?:(?:(?:can|could|may) (?:i|you|u)|i|need|want|give|me|have|get|a|an|another|one more|the|next) )*(?:hint|clue)(?: (?:i am|im|stuck))*$/;

/** The command that a whole message is, with or without a leading slash; null for anything else. */
export function parseCommand(text: string): CommandName | null {
  const typed = text.replace(/^\s*\/(tutor\s+)?/i, '');
  const words = withoutPoliteness(typed);
  return BY_WORD.get(normalise(typed)) ?? BY_WORD.get(words) ?? (HINT.test(words) ? 'hint' : null);
}

function withoutPoliteness(text: string): string {
  return normalise(text)
    .replace(/^(?:(?:ok|okay|well|so|please|pls|plz) (?=\S))+/, '')
    .replace(/ (?:please|pls|plz|now|thanks|thank you)\b/g, '');
}

/** What a wish in more words means for the level of a plan: "sounds good, but easier". */
export function levelWish(text: string): 'easier' | 'harder' | null {
  const words = normalise(text);
  if (/\b(?:easier|gentler|slower|too (?:hard|difficult|fast))\b/.test(words)) return 'easier';
  return /\b(?:harder|faster|too (?:easy|slow))\b/.test(words) ? 'harder' : null;
}

/** "yes", "ok", "let's go": an approval where the tutor has just asked for one. */
export function isApproval(text: string): boolean {
  return APPROVALS.has(withoutPoliteness(text)) || APPROVALS.has(normalise(text)) || parseCommand(text) === 'approve';
}

const VOICE_ON = new Set([
  ...['voice on', 'speech on', 'sound on', 'speak to me', 'talk to me', 'read to me', 'read it to me', 'unmute'],
  ...['read aloud', 'read it aloud', 'read it out', 'read it out loud', 'say it out loud', 'use your voice'],
]);
const VOICE_OFF = new Set([
  ...['voice off', 'speech off', 'sound off', 'be quiet', 'stop talking', 'stop speaking', 'stop reading aloud'],
  ...['dont speak', 'dont talk', 'dont read aloud', 'no voice', 'stop the voice'],
]);

/**
 * Voices have their language in front, as in "en-GB-Wavenet-A". Words of a lesson may follow "voice", too, and a single
 * one means a voice only after a slash.
 */
const NAMED_VOICE = /^(?:\s*\/(?:tutor\s+)?voice\s+([\w-]+)|\s*voice\s+([a-z]{2,3}(?:-\w+)+|default))\s*$/i;

/** A wish to hear the tutor, in a certain voice, or no more, that is the whole message; null for anything else. */
export function parseVoice(text: string): VoiceWish | null {
  const words = withoutPoliteness(text.replace(/^\s*\/(tutor\s+)?/i, ''));
  if (VOICE_ON.has(words)) return { on: true };
  if (VOICE_OFF.has(words)) return { on: false };
  const [, typed, said] = NAMED_VOICE.exec(text) ?? [];
  return typed || said ? wishForVoice(typed ?? said ?? '') : null;
}

/** The wish for a voice by its name; "default" takes it back. */
export function wishForVoice(name: string): VoiceWish {
  return { on: true, name: name.toLowerCase() === 'default' ? '' : name };
}
