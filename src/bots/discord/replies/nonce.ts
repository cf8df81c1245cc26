const UUID = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})-(\d+)$/;

/**
 * What makes Discord return the message that is there instead of showing it twice, for some minutes: at most 25
 * characters of a "<uuid>-<number>" of ours.
 */
export function nonceOf(key: string): string {
  const [, uuid, number] = UUID.exec(key) ?? [];
  if (!uuid || !number) throw new Error(`not a key for a nonce: ${key}`);
  return Buffer.from(uuid.replaceAll('-', ''), 'hex').toString('base64url') + Number(number).toString(36);
}
