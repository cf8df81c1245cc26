/** A server of the tests' own on the loopback interface: a twin, or what stands before one. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Loopback {
  server: Server;
  /** Without a slash at its end. */
  url: string;
  /** Breaks what is still open. */
  close(): Promise<void>;
}

type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Where `serve` fails, `complain` hears of it, and the connection is broken. */
export async function startLoopback(serve: Serve, complain: (what: string) => void): Promise<Loopback> {
  const server = createServer((request, response) => {
    serve(request, response).catch((error) => {
      // Who goes away is allowed to, also when all that they sent has come and is not read yet.
      const isTheirs = request.destroyed && (!request.complete || error?.code === 'ECONNRESET');
      if (!isTheirs) complain(`the twin failed: ${error?.stack ?? error}`);
      response.destroy();
    });
  });
  // Longer than any client keeps an idle connection, so that none is closed while a request is on its way.
  server.keepAliveTimeout = 60_000;
  // The default backlog of 511 makes a burst of connections wait a second and more.
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
