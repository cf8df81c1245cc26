import { expect, test } from 'vitest';
import { openCleanup } from '../../chaos/cleanup.ts';

test('undoes the last first, once, and goes on when something cannot be undone', async () => {
  const undone: string[] = [];
  const errors: unknown[] = [];
  const cleanup = openCleanup((error) => errors.push(error));
  cleanup.add(async () => undone.push('first'));
  cleanup.add(() => Promise.reject('stuck'));
  cleanup.add(async () => undone.push('last'));
  await Promise.all([cleanup.run(), cleanup.run()]);
  expect([undone, errors]).toEqual([['last', 'first'], ['stuck']]);
});

test('waits for what starts just then, undoes that as well, and lets nothing else begin', async () => {
  const undone: string[] = [];
  const cleanup = openCleanup(() => {});
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const starting = cleanup.finishing(async () => {
    await started;
    cleanup.add(async () => undone.push('server'));
  });
  const end = cleanup.run();
  await expect(cleanup.finishing(async () => undone.push('never'))).rejects.toThrow('interrupted');
  start();
  await Promise.all([starting, end]);
  expect(undone).toEqual(['server']);
});
