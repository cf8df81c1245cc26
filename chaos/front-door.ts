import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The one address behind which several processes serve: as a load balancer, one after the other, and never a dead one. */
export interface FrontDoor {
  url: string;
  close(): Promise<void>;
}

export async function openFrontDoor(servers: readonly string[]): Promise<FrontDoor> {
  let turn = 0;
  const door = createServer((request, response) => {
    turn += 1;
    const inTurn = servers.map((_, index) => servers[(turn + index) % servers.length] ?? '');
    passOn(request, response, inTurn).catch(() => response.destroy());
  });
  door.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(door, 'listening');
  return {
    url: `http://127.0.0.1:${(door.address() as AddressInfo).port}`,
    async close() {
      const closed = once(door, 'close');
      door.close();
      door.closeAllConnections();
      await closed;
    },
  };
}

/** A process that breaks off in the middle is not asked again by another: it may have done what was asked. */
async function passOn(request: IncomingMessage, response: ServerResponse, servers: readonly string[]): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { 'content-length': _, connection: __, host: ___, ...headers } = request.headers;
  const asked = { method: request.method ?? 'GET', headers: headers as Record<string, string> };
  for (const server of servers) {
    try {
      const body = Buffer.concat(chunks);
      const answer = await fetch(server + request.url, { ...asked, ...(body.length > 0 && { body }) });
      const type = answer.headers.get('content-type');
      response.writeHead(answer.status, type ? { 'content-type': type } : {});
      response.end(Buffer.from(await answer.arrayBuffer()));
      return;
    } catch (error) {
      if (!isNobodyThere(error)) break;
    }
  }
  response.writeHead(502).end();
}

function isNobodyThere(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}
