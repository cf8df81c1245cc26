import type { IntakeInput, IntakeOutput } from '../../core/agents/intake.ts';
import { normalise } from '../../core/text.ts';

/** Reads what a learner wants by rule. What it does not recognise stays null and is asked, or takes its default. */
export function readWishes({ text, known, asked, packs }: IntakeInput): IntakeOutput {
  const words = ` ${normalise(text)} `;
  const named = packs.find((pack) =>
    [pack.id.replaceAll('-', ' '), pack.title, ...pack.aliases].some((name) => words.includes(` ${normalise(name)} `)),
  );
  return {
    topic: asked === 'topic' || named ? topicIn(text) : null,
    mode: modeIn(words),
    character: characterIn(words) ?? (asked === 'character' && !known.character ? ownCharacter(text) : null),
    level: levelIn(words),
    minutes: numberIn(/ (\d{1,3}) min/, words),
    style: /\bwith ((?:lots of )?(?:pictures|examples|stories|games)[^.,;!?]*)/i.exec(text)?.[1]?.slice(0, 120) ?? null,
    language: null,
    nickname: /\b(?:call me|my name is)\s+([\p{L}'-]{1,40})/iu.exec(text)?.[1] ?? null,
  };
}

function topicIn(text: string): string {
  const topic = text
    .replace(/^\s*(?:hi|hello|hey)\b[\s,!.]*/i, '')
    .replace(
      /^(?:please\s+)?(?:i(?:'d| would)? (?:want|like|need|wanna)(?: to)?|can you|could you|let'?s|help me)\s+/i,
      '',
    )
    .replace(/^(?:to\s+)?(?:learn|study|understand|teach me|practi[cs]e|do|know)\s+(?:about\s+|me\s+)?/i, '')
    .replace(/^(?:something )?(?:about|on)\s+/i, '')
    .trim();
  return (topic || text.trim()).slice(0, 80);
}

/** A tutor described in the learner's own words; a question or a shrug describes none. */
function ownCharacter(text: string): string | null {
  const isShrug = /\?\s*$|^\W*(?:thanks|no|none|any(?: one)?|idk|whatever|idc|dont care|nothing|hm+)\W*$/i.test(text);
  return isShrug ? null : text.trim().slice(0, 200);
}

function modeIn(words: string): IntakeOutput['mode'] {
  if (/ (questions? only|only questions?|just (answer|ask)|no plan|ask you questions) /.test(words)) return 'questions';
  return / (course|plan|planned|lessons?|step by step) /.test(words) ? 'course' : null;
}

function characterIn(words: string): string | null {
  if (/ (funny|playful|humou?rous|humou?r|fun|jokes?|emojis?) /.test(words)) return 'playful';
  if (/ (direct|strict|challenging|brisk|no nonsense) /.test(words)) return 'direct';
  return / (friendly|patient|gentle|kind|warm) /.test(words) ? 'friendly' : null;
}

function levelIn(words: string): IntakeOutput['level'] {
  if (/ (beginner|new to|never|from scratch|no idea|basics?|zero) /.test(words)) return 'beginner';
  if (/ (advanced|expert|university|hard stuff) /.test(words)) return 'advanced';
  if (/ (intermediate|some knowledge|know some|refresh|rusty) /.test(words)) return 'intermediate';
  const age = numberIn(/ (?:im|i am|age|aged) (\d{1,2}) /, words);
  return age !== null && age <= 10 ? 'beginner' : null;
}

function numberIn(pattern: RegExp, words: string): number | null {
  const found = pattern.exec(words)?.[1];
  return found ? Number(found) || null : null;
}
