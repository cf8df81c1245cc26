import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Loopback, startLoopback } from '../test/twins/loopback.ts';

/** The one address behind which several processes serve: as a load balancer, one after the other, and never a dead one. */
export type FrontDoor = Pick<Loopback, 'url' | 'close'>;

export function openFrontDoor(servers: readonly string[]): Promise<FrontDoor> {
  let turn = 0;
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    turn += 1;
    const inTurn = servers.map((_, index) => servers[(turn + index) % servers.length] ?? '');
    return passOn(request, response, inTurn);
  };
  return startLoopback(serve, () => {});
}

/** A process that breaks off in the middle is not asked again by another: it may have done what was asked. */
async function passOn(request: IncomingMessage, response: ServerResponse, servers: readonly string[]): Promise<void> {
  const body = await buffer(request);
  const { 'content-length': _, connection: __, host: ___, ...headers } = request.headers;
  const asked = { method: request.method ?? 'GET', headers: headers as Record<string, string> };
  for (const server of servers) {
    try {
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
