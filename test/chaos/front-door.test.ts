import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openFrontDoor } from '../../chaos/front-door.ts';
import { freePort } from '../support/free-port.ts';

/** A process that says what it was asked; `breaks`: it goes away in the middle. */
async function serve(name: string, { breaks = false } = {}): Promise<string> {
  const server = createServer(async (request, response) => {
    if (breaks) return void request.socket.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const said = `${name} ${request.url} ${request.headers['x-slack-signature']} ${Buffer.concat(chunks)}`;
    response.writeHead(201, { 'content-type': 'text/plain' }).end(said);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function askAt(servers: string[]): Promise<() => Promise<{ status: number; text: string }>> {
  const door = await openFrontDoor(servers);
  onTestFinished(() => door.close());
  return async () => {
    const headers = { 'x-slack-signature': 'v0' };
    const answer = await fetch(`${door.url}/slack/events`, { method: 'POST', headers, body: 'hello' });
    return { status: answer.status, text: await answer.text() };
  };
}

test('one after the other is asked, with all that was sent, and answers', async () => {
  const ask = await askAt([await serve('one'), await serve('two')]);
  const answers = [await ask(), await ask(), await ask()];
  expect(answers.map(({ text }) => text).sort()).toEqual(
    expect.arrayContaining(['one /slack/events v0 hello', 'two /slack/events v0 hello']),
  );
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
});

test('who is not there is left out', async () => {
  const ask = await askAt([`http://127.0.0.1:${await freePort()}`, await serve('two')]);
  expect([(await ask()).text, (await ask()).text]).toEqual(Array(2).fill('two /slack/events v0 hello'));
});

test('what somebody broke off is not asked of another', async () => {
  const ask = await askAt([await serve('one', { breaks: true }), await serve('two')]);
  const statuses = [(await ask()).status, (await ask()).status];
  expect(statuses.sort()).toEqual([201, 502]);
});
