/**
 * What a voice server says and reads of MLS (RFC 9420) for DAVE: proposals to add and remove members, made as the
 * group's external sender, and where a commit ends. Cipher suite 2: P-256, SHA-256.
 */
import { generateKeyPairSync, sign } from 'node:crypto';

export interface ExternalSender {
  /** What members are sent about it: its key and credential. */
  package: Buffer;
  /** A signed proposal for the group of a channel in an epoch. */
  propose(channelId: string, epoch: number, change: Change): Buffer;
}

export type Change = { add: Buffer } | { remove: number };

const MLS_10 = uint(1, 2);
const PUBLIC_MESSAGE = uint(1, 2);
const BASIC_CREDENTIAL = uint(1, 2);
const SENDER_EXTERNAL = 2;
const CONTENT_PROPOSAL = 2;
const CONTENT_COMMIT = 3;
const PROPOSAL_ADD = 1;
const PROPOSAL_REMOVE = 3;
const POINT_LENGTH = 65;

export function createExternalSender(): ExternalSender {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  // The point is the end of the key's DER.
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-POINT_LENGTH);
  return {
    package: Buffer.concat([vector(point), BASIC_CREDENTIAL, vector(Buffer.from('voice server'))]),
    propose(channelId, epoch, change) {
      const content = Buffer.concat([
        vector(uint(BigInt(channelId), 8)),
        uint(epoch, 8),
        ...[uint(SENDER_EXTERNAL, 1), uint(0, 4)],
        vector(Buffer.alloc(0)),
        uint(CONTENT_PROPOSAL, 1),
        ...('add' in change ? [uint(PROPOSAL_ADD, 2), change.add] : [uint(PROPOSAL_REMOVE, 2), uint(change.remove, 4)]),
      ]);
      const framed = Buffer.concat([MLS_10, PUBLIC_MESSAGE, content]);
      const signed = Buffer.concat([vector(Buffer.from('MLS 1.0 FramedContentTBS')), vector(framed)]);
      return Buffer.concat([framed, vector(sign('sha256', signed, privateKey))]);
    },
  };
}

export interface Commit {
  epoch: number;
  /** The leaf of who made it. */
  leaf: number;
  /** How many proposals it takes up. */
  proposals: number;
  bytes: Buffer;
  /** Null when nobody is added. */
  welcome: Buffer | null;
}

/** A commit with the welcome after it. Throws when it is none. */
export function readCommit(bytes: Buffer): Commit {
  const reader = readerOf(bytes);
  reader.skip(4);
  reader.vector();
  const epoch = Number(reader.uint(8));
  reader.skip(1);
  const leaf = Number(reader.uint(4));
  reader.vector();
  if (Number(reader.uint(1)) !== CONTENT_COMMIT) throw new Error('not a commit');
  const proposals = countReferences(reader.vector());
  if (reader.uint(1) === 1n) {
    skipLeafNode(reader);
    reader.vector();
  }
  // The signature, the confirmation and the membership.
  for (let tag = 0; tag < 3; tag++) reader.vector();
  const end = reader.at();
  return {
    epoch,
    leaf,
    proposals,
    bytes: bytes.subarray(0, end),
    welcome: end < bytes.length ? bytes.subarray(end) : null,
  };
}

function countReferences(list: Buffer): number {
  const reader = readerOf(list);
  let count = 0;
  while (reader.at() < list.length) {
    // DAVE allows no other: a proposal is that of the voice server.
    if (reader.uint(1) !== 2n) throw new Error('a commit with a proposal of its own');
    reader.vector();
    count += 1;
  }
  return count;
}

function skipLeafNode(reader: Reader): void {
  const [byKeyPackage, byCommit] = [1n, 3n];
  // Two keys, the credential, and five lists of what its owner can do.
  for (let key = 0; key < 2; key++) reader.vector();
  reader.skip(2);
  for (let list = 0; list < 6; list++) reader.vector();
  const source = reader.uint(1);
  if (source === byKeyPackage) reader.skip(16);
  if (source === byCommit) reader.vector();
  // Extensions and the signature.
  for (let field = 0; field < 2; field++) reader.vector();
}

interface Reader {
  at(): number;
  skip(bytes: number): void;
  uint(bytes: number): bigint;
  vector(): Buffer;
}

function readerOf(bytes: Buffer): Reader {
  let at = 0;
  const take = (length: number) => {
    if (at + length > bytes.length) throw new Error('it ends too early');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const uintOf = (length: number) => take(length).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return {
    at: () => at,
    skip: (length) => void take(length),
    uint: uintOf,
    vector() {
      // The first two bits say how long the length is.
      const first = bytes[at] ?? 0;
      const size = 1 << (first >> 6);
      const length = uintOf(size) & ((1n << BigInt(size * 8 - 2)) - 1n);
      return take(Number(length));
    },
  };
}

/** A list of bytes with its length before it. */
export function vector(bytes: Buffer): Buffer {
  const { length } = bytes;
  const header =
    length < 0x40 ? uint(length, 1) : length < 0x4000 ? uint(0x4000 | length, 2) : uint(0x80000000 + length, 4);
  return Buffer.concat([header, bytes]);
}

export function uint(value: number | bigint, length: number): Buffer {
  return Buffer.from(
    BigInt(value)
      .toString(16)
      .padStart(length * 2, '0'),
    'hex',
  );
}
