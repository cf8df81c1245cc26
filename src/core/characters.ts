/** The tutor's character: three presets, or the learner's own words. */
export interface Character {
  name: string;
  label: string;
  /** How the tutor speaks, for the prompt. */
  manner: string;
}

export const CHARACTERS: readonly Character[] = [
  {
    name: 'friendly',
    label: 'Friendly and patient',
    manner: 'Warm, patient and encouraging. Plain words, short sentences. Praise effort and name what was done well.',
  },
  {
    name: 'direct',
    label: 'Direct and challenging',
    manner: 'Brisk, precise and demanding, never unkind. No small talk, no emojis. Expect reasons for every answer.',
  },
  {
    name: 'playful',
    label: 'Playful, with emojis',
    manner: 'Light-hearted and funny, with a fitting emoji here and there. Jokes never replace the explanation.',
  },
];

export const DEFAULT_CHARACTER = 'friendly';

/** How the tutor speaks: a preset's manner, or the learner's own words as they gave them. */
export function mannerOf(character: string | null): string {
  const preset = CHARACTERS.find(({ name }) => name === (character ?? DEFAULT_CHARACTER));
  return preset ? preset.manner : `As the learner asked: ${character}`;
}
