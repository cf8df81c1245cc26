/** What Google makes of SSML: a strict reading, since its newer voices take nothing else. */

const ELEMENTS = [
  ...['speak', 'break', 's', 'p', 'say-as', 'sub', 'emphasis', 'prosody', 'phoneme', 'lang', 'voice', 'mark'],
];
const ATTRIBUTES = /^(?:\s+[\w:-]+="[^"<&]*")*$/;
const TOKEN = /<(\/?)([\w-]+)([^<>]*?)(\/?)>|&(\w+|#\d+);|[<>&]|[^<>&]+/g;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

export interface ReadSsml {
  /** What is said. */
  text: string;
  pauseMs: number;
}

/** Null: it is not valid. */
export function readSsml(ssml: string): ReadSsml | null {
  const open: string[] = [];
  const read = { text: '', pauseMs: 0 };
  for (const [token, closes, name, rest = '', empty, entity] of ssml.matchAll(TOKEN)) {
    const isRootMissing = open.length === 0 && name !== 'speak';
    if (isRootMissing && token.trim() !== '') return null;
    if (entity !== undefined) {
      if (!(entity in ENTITIES)) return null;
      read.text += ENTITIES[entity];
    } else if (name === undefined) {
      if (/^[<>&]$/.test(token)) return null;
      read.text += token;
    } else if (closes) {
      if (rest.trim() !== '' || open.pop() !== name) return null;
    } else {
      if (!ELEMENTS.includes(name) || !ATTRIBUTES.test(rest.trimEnd())) return null;
      if (name === 'speak' && open.length > 0) return null;
      if (name === 'break') read.pauseMs += pauseOf(rest) ?? Number.NaN;
      if (!empty) open.push(name);
    }
  }
  const isWhole = open.length === 0 && /^\s*<speak[\s>]/.test(ssml) && !Number.isNaN(read.pauseMs);
  return isWhole ? read : null;
}

function pauseOf(attributes: string): number | null {
  const { count, unit } = /time="(?<count>\d+(?:\.\d+)?)(?<unit>m?s)"/.exec(attributes)?.groups ?? {};
  if (count === undefined) return /strength="/.test(attributes) ? 300 : null;
  const ms = Number(count) * (unit === 's' ? 1_000 : 1);
  return ms <= 10_000 ? ms : null;
}
