/** What a recording says of itself. Pure. */

const RATE = 48_000;
const PAGE = 'OggS';
/** Of a page, as far as it says where it ends. */
const HEADER = 14;

/** How long an Ogg Opus file is, by its last page; null for anything else. Who sends it may have said otherwise. */
export function opusSeconds(bytes: Buffer): number | null {
  const isOpus = bytes.toString('latin1', 0, 4) === PAGE && bytes.toString('latin1', 28, 36) === 'OpusHead';
  if (!isOpus || bytes.length < 40) return null;
  const skipped = bytes.readUInt16LE(38);
  for (let at = bytes.length; at > 0; ) {
    at = bytes.lastIndexOf(PAGE, at - 1, 'latin1');
    // The same four letters may be a part of the sound.
    if (at >= 0 && at + HEADER <= bytes.length && bytes[at + 4] === 0) {
      return Math.max(0, (Number(bytes.readBigInt64LE(at + 6)) - skipped) / RATE);
    }
  }
  return null;
}
