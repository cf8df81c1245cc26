import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what the system gives to whoever asks for any port: none of them takes this one before it is used. */
const FROM = 10_000;
const TO = 30_000;

/** A port of the loopback interface that nobody uses now. */
export async function freePort(): Promise<number> {
  const port = randomInt(FROM, TO);
  const server = createServer();
  const taken = await new Promise<boolean>((resolve, reject) => {
    server.once('listening', () => resolve(false));
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(true) : reject(error),
    );
    server.listen(port, '127.0.0.1');
  });
  if (taken) return freePort();
  server.close();
  await once(server, 'close');
  return port;
}
