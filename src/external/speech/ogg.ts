/** Pages of an Ogg stream (RFC 3533). */

/** A fixed number, so that the same sound is the same file. */
const SERIAL = 0x74757472;
const HEAD_BYTES = 27;
const BEGINS = 2;
const ENDS = 4;

export interface OggPage {
  packets: readonly Uint8Array[];
  /** The position at its end, as the codec counts it. */
  position: number;
  sequence: number;
  begins?: boolean;
  ends?: boolean;
}

/** Its packets have to fit: 255 segments of at most 255 bytes, and each packet ends with one of fewer. */
export function oggPage({ packets, position, sequence, begins = false, ends = false }: OggPage): Buffer {
  const segments = packets.flatMap(lacing);
  const head = Buffer.alloc(HEAD_BYTES + segments.length);
  head.write('OggS', 0, 'latin1');
  head.writeUInt8((begins ? BEGINS : 0) | (ends ? ENDS : 0), 5);
  head.writeBigUInt64LE(BigInt(position), 6);
  head.writeUInt32LE(SERIAL, 14);
  head.writeUInt32LE(sequence, 18);
  head.writeUInt8(segments.length, 26);
  head.set(segments, HEAD_BYTES);
  const page = Buffer.concat([head, ...packets]);
  page.writeUInt32LE(checksum(page), 22);
  return page;
}

/** The lengths of a packet's segments. */
export function lacing(packet: Uint8Array): number[] {
  return [...Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255];
}

const POLYNOMIAL = 0x04c11db7;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 0x80000000 ? (rest << 1) ^ POLYNOMIAL : rest << 1;
  return rest;
});

/** CRC-32 as Ogg has it: from the highest bit down, without inversion. */
function checksum(bytes: Uint8Array): number {
  return bytes.reduce((crc, byte) => (crc << 8) ^ (TABLE[((crc >>> 24) ^ byte) & 255] ?? 0), 0) >>> 0;
}
