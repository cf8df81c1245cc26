import { withServers } from './servers.ts';
import { measureLoad } from './load.ts';
const [lessons, modelMs, backend, workers, turns] = process.argv.slice(2);
await withServers(async (servers) => {
  const t = performance.now();
  await measureLoad(servers, { lessons: Number(lessons), turns: Number(turns), modelMs: Number(modelMs), backend: backend as any, workers: Number(workers) }, (f) => console.log(f.name, f.value, f.unit));
  console.log('took', performance.now() - t);
});
