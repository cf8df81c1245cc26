/**
 * A certificate for the loopback interface, made when it is first needed: Discord's voice client speaks TLS only. Who
 * is to connect has to trust it, as with the own authority of any company: by NODE_EXTRA_CA_CERTS or in the process.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import tls from 'node:tls';

export interface Certificate {
  /** Both as PEM. */
  key: string;
  certificate: string;
}

let made: Certificate | undefined;

/** One for all twins of this process. */
export function loopbackCertificate(): Certificate {
  made ??= selfSigned();
  return made;
}

/** Connections of this process trust it from now on, besides whom they trust already. */
export function trustLoopback(): void {
  const { certificate } = loopbackCertificate();
  const trusted = tls.getCACertificates('default');
  if (!trusted.includes(certificate)) tls.setDefaultCACertificates([...trusted, certificate]);
}

const ECDSA_WITH_SHA256 = [1, 2, 840, 10045, 4, 3, 2];
const COMMON_NAME = [2, 5, 4, 3];
const SUBJECT_ALT_NAME = [2, 5, 29, 17];
const BASIC_CONSTRAINTS = [2, 5, 29, 19];

function selfSigned(): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const name = sequence(set(sequence(objectId(COMMON_NAME), tagged(0x0c, 'Voice servers of a twin'))));
  const serial = randomBytes(8);
  // Neither zero nor negative.
  serial[0] = 1;
  const body = sequence(
    tagged(0xa0, tagged(0x02, [2])),
    tagged(0x02, serial),
    algorithm,
    name,
    sequence(tagged(0x17, '200101000000Z'), tagged(0x17, '491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(extension(BASIC_CONSTRAINTS, sequence(yes())), extension(SUBJECT_ALT_NAME, loopbackNames()))),
  );
  const signature = sign('sha256', body, privateKey);
  return {
    key: pemOf(privateKey),
    certificate: pem('CERTIFICATE', sequence(body, algorithm, tagged(0x03, [0], signature))),
  };
}

function loopbackNames(): Buffer {
  return sequence(tagged(0x82, 'localhost'), tagged(0x87, [127, 0, 0, 1]));
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return sequence(objectId(id), yes(), tagged(0x04, value));
}

function yes(): Buffer {
  return tagged(0x01, [0xff]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tagged(0x30, ...parts);
}

function set(...parts: Buffer[]): Buffer {
  return tagged(0x31, ...parts);
}

function objectId([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  return tagged(0x06, [first * 40 + second, ...rest.flatMap(base128)]);
}

/** The highest bit says that there is more to come. */
function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** DER: tag, length, contents. */
function tagged(tag: number, ...contents: (Buffer | string | readonly number[])[]): Buffer {
  const content = Buffer.concat(contents.map((part) => Buffer.from(part as string)));
  const { length } = content;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...header]), content]);
}

function pemOf(key: KeyObject): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString('base64').replaceAll(/(.{64})(?=.)/g, '$1\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
