/** RTP as Discord's voice servers have it: the header in the clear, AES-256-GCM over the rest. */
import { createDecipheriv } from 'node:crypto';

export interface RtpPacket {
  sequence: number;
  timestamp: number;
  ssrc: number;
  /** What is left when the transport's encryption is off. */
  payload: Buffer;
}

const RTP_VERSION = 2;
const OPUS = 0x78;
const HEADER = 12;
const TAG = 16;
/** The counter at the end of a packet; the rest of the nonce is zero. */
const COUNTER = 4;

/** Who sent it, without looking into it; null when it is no RTP packet with sound. */
export function ssrcOf(packet: Buffer): number | null {
  if (packet.length < HEADER + TAG + COUNTER) return null;
  const isSound = packet.readUInt8(0) >> 6 === RTP_VERSION && (packet.readUInt8(1) & 0x7f) === OPUS;
  return isSound ? packet.readUInt32BE(8) : null;
}

/** Null when it was not encrypted with this key. */
export function openPacket(packet: Buffer, key: Buffer): RtpPacket | null {
  const first = packet.readUInt8(0);
  const hasExtension = Boolean(first & 0x10);
  const clear = HEADER + (first & 0x0f) * 4 + (hasExtension ? 4 : 0);
  const end = packet.length - COUNTER;
  if (end - TAG < clear) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(packet.subarray(end)));
  decipher.setAAD(packet.subarray(0, clear));
  decipher.setAuthTag(packet.subarray(end - TAG, end));
  try {
    const opened = Buffer.concat([decipher.update(packet.subarray(clear, end - TAG)), decipher.final()]);
    const skipped = hasExtension ? packet.readUInt16BE(clear - 2) * 4 : 0;
    return {
      sequence: packet.readUInt16BE(2),
      timestamp: packet.readUInt32BE(4),
      ssrc: packet.readUInt32BE(8),
      payload: opened.subarray(skipped),
    };
  } catch {
    return null;
  }
}

function nonceOf(counter: Buffer): Buffer {
  return Buffer.concat([counter, Buffer.alloc(12 - COUNTER)]);
}

const DISCOVERY_LENGTH = 74;

/** The answer to a client that asks for the address it is seen under; null when it asks for something else. */
export function discoveryOf(packet: Buffer, from: { address: string; port: number }): Buffer | null {
  if (packet.length !== DISCOVERY_LENGTH || packet.readUInt16BE(0) !== 1) return null;
  const answer = Buffer.alloc(DISCOVERY_LENGTH);
  answer.writeUInt16BE(2, 0);
  answer.writeUInt16BE(DISCOVERY_LENGTH - 4, 2);
  packet.copy(answer, 4, 4, 8);
  answer.write(from.address, 8, 'latin1');
  answer.writeUInt16BE(from.port, DISCOVERY_LENGTH - 2);
  return answer;
}
