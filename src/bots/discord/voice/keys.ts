import { setTimeout as delay } from 'node:timers/promises';
import type { VoiceConnection } from '@discordjs/voice';

/** The keys that the members of a voice channel share. */

/** Whether what is sent now can be read by the members of the channel, and by nobody else. */
export function hasKeys({ state }: VoiceConnection): boolean {
  if (state.status !== 'ready') return false;
  const inside = state.networking.state;
  if (!('dave' in inside) || !inside.dave) return true;
  return inside.dave.protocolVersion === 0 || inside.dave.session?.ready === true;
}

/** Resolves when there are keys, or the connection is no more. False: there was one, and no keys, for too long. */
export async function keysAgreed(connection: VoiceConnection, patienceMs: number): Promise<boolean> {
  let since = performance.now();
  while (!hasKeys(connection)) {
    const { status } = connection.state;
    if (status === 'destroyed') return true;
    if (status !== 'ready') since = performance.now();
    else if (performance.now() - since > patienceMs) return false;
    await delay(20);
  }
  return true;
}
