/** An Ogg Opus file read again, by the letter of RFC 3533 and RFC 7845 and with another build of the codec. */
import { createRequire } from 'node:module';
import type OpusScript from 'opusscript';

// A CommonJS module whose export is the class itself.
const Codec: typeof OpusScript = createRequire(import.meta.url)('opusscript');

interface Page {
  begins: boolean;
  ends: boolean;
  position: number;
  serial: number;
  sequence: number;
  packets: Buffer[];
}

export interface OggOpusFile {
  channels: number;
  preSkip: number;
  rate: number;
  vendor: string;
  pages: Page[];
  /** What a player plays: without what is skipped and trimmed. */
  pcm: Int16Array;
}

/** Throws on anything that a strict player would refuse. */
export function readOggOpus(file: Buffer): OggOpusFile {
  const pages = [...pagesOf(file)];
  const [first, second, ...audio] = pages;
  if (!first?.begins || pages.slice(1).some(({ begins }) => begins)) throw new Error('one page begins');
  if (!pages.at(-1)?.ends || pages.slice(0, -1).some(({ ends }) => ends)) throw new Error('one page ends');
  pages.forEach((page, index) => {
    if (page.sequence !== index) throw new Error(`page ${index} has the number ${page.sequence}`);
    if (page.serial !== first.serial) throw new Error('several streams');
  });
  const head = first.packets[0] ?? Buffer.alloc(0);
  if (first.packets.length !== 1 || head.length !== 19 || head.toString('latin1', 0, 8) !== 'OpusHead') {
    throw new Error('no head');
  }
  if (head[8] !== 1 || head.readInt16LE(16) !== 0 || head[18] !== 0)
    throw new Error('another version, gain or mapping');
  const tags = second?.packets[0] ?? Buffer.alloc(0);
  if (tags.toString('latin1', 0, 8) !== 'OpusTags') throw new Error('no tags');
  const vendorEnd = 12 + tags.readUInt32LE(8);
  if (tags.readUInt32LE(vendorEnd) !== 0 || tags.length !== vendorEnd + 4) throw new Error('tags of another length');
  const preSkip = head.readUInt16LE(10);
  return {
    channels: head[9] ?? 0,
    preSkip,
    rate: head.readUInt32LE(12),
    vendor: tags.toString('utf8', 12, vendorEnd),
    pages,
    pcm: decode(audio, preSkip),
  };
}

function* pagesOf(file: Buffer): Generator<Page> {
  for (let at = 0; at < file.length; ) {
    if (file.toString('latin1', at, at + 4) !== 'OggS' || file[at + 4] !== 0) throw new Error(`no page at ${at}`);
    const segments = [...file.subarray(at + 27, at + 27 + (file[at + 26] ?? 0))];
    const start = at + 27 + segments.length;
    const end = start + segments.reduce((sum, length) => sum + length, 0);
    if (end > file.length) throw new Error('a page is cut off');
    const page = Buffer.from(file.subarray(at, end));
    page.writeUInt32LE(0, 22);
    if (crc(page) !== file.readUInt32LE(at + 22)) throw new Error(`a wrong checksum at ${at}`);
    const flags = file[at + 5] ?? 0;
    if (flags & 1 || segments.at(-1) === 255) throw new Error('a packet goes over pages');
    yield {
      begins: (flags & 2) !== 0,
      ends: (flags & 4) !== 0,
      position: Number(file.readBigInt64LE(at + 6)),
      serial: file.readUInt32LE(at + 14),
      sequence: file.readUInt32LE(at + 18),
      packets: packetsOf(file.subarray(start, end), segments),
    };
    at = end;
  }
}

function packetsOf(body: Buffer, segments: readonly number[]): Buffer[] {
  const packets: Buffer[] = [];
  let [start, end] = [0, 0];
  for (const length of segments) {
    end += length;
    if (length === 255) continue;
    packets.push(body.subarray(start, end));
    start = end;
  }
  return packets;
}

/** Bit by bit, straight from the polynomial. */
function crc(bytes: Buffer): number {
  let rest = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      const carries = (rest >>> 31) ^ ((byte >> bit) & 1);
      rest = (rest << 1) ^ (carries ? 0x04c11db7 : 0);
    }
  }
  return rest >>> 0;
}

function decode(pages: readonly Page[], preSkip: number): Int16Array {
  const decoder = new Codec(48_000, 1);
  const samples: number[] = [];
  for (const page of pages) {
    for (const packet of page.packets) {
      const bytes = decoder.decode(packet);
      for (let at = 0; at < bytes.length; at += 2) samples.push(bytes.readInt16LE(at));
    }
    const isRight = page.ends ? page.position <= samples.length : page.position === samples.length;
    if (!isRight) throw new Error(`a page says ${page.position} and holds ${samples.length}`);
  }
  decoder.delete();
  return Int16Array.from(samples.slice(preSkip, pages.at(-1)?.position));
}
