/** Lower case, no accents, no punctuation, single spaces: how typed text is compared. */
export function normalise(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[’']/g, '')
    .replace(/[^\p{L}\p{N}+\-*/=<>%.,^]+/gu, ' ')
    .replace(/(?<!\d)[.,]|[.,](?!\d)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

export function wordCount(text: string): number {
  const normal = normalise(text);
  return normal === '' ? 0 : normal.split(' ').length;
}

/** True when some word, or run of words, of the text begins with the phrase and is not negated. */
export function mentions(text: string, phrase: string): boolean {
  const padded = ` ${normalise(text)}`;
  const wanted = ` ${normalise(phrase)}`;
  for (let at = padded.indexOf(wanted); at >= 0; at = padded.indexOf(wanted, at + 1)) {
    if (!/ (not|never|no|isnt|arent|doesnt|dont)$/.test(padded.slice(0, at))) return true;
  }
  return false;
}

/** Learner text as it is stored: valid Unicode, no control characters, line breaks as \n. */
export function cleanInput(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{C}\n\t\u200d]|\ufffd/gu, '')
    .normalize('NFC')
    .trim();
}
