import pg from 'pg';
import { withServers } from './servers.ts';
import { openSchool } from './lesson.ts';
import { replyAt } from './script.ts';
const proto = pg.Client.prototype as any; const send = proto.query;
let on = false; const all: Record<string, number[][]> = {};
const inTx = new WeakSet();
proto.query = function (text: any, values: any, ...more: any[]) {
  const go = () => send.call(this, text, values, ...more);
  if (!on || typeof text !== 'string' || !Array.isArray(values) || text.includes('bullmq')) return go();
  if (text === 'begin') inTx.add(this);
  if (text === 'commit') inTx.delete(this);
  if (!/^\s*(?:select|insert|update|delete|with)\b/i.test(text)) return go();
  const [b, e] = inTx.has(this) ? ['savepoint x', 'rollback to x'] : ['begin', 'rollback'];
  return (async () => { await send.call(this, b, []); const r = await send.call(this, 'explain (analyze, format json) ' + text, values); await send.call(this, e, []);
    const p = r.rows[0]['QUERY PLAN'][0]; (all[text.replaceAll(/\s+/g, ' ').trim().slice(0, 100)] ??= []).push([p['Planning Time'], p['Execution Time']]); return go(); })();
};
await withServers(async (s) => {
  const place = await s.newPlace('postgres');
  const school = await openSchool(place.databaseUrl);
  const l = await school.openLesson(); await l.growTo(20); on = true;
  for (let i = 0; i < 60; i++) await l.say(replyAt(i));
  on = false;
  for (const [k, v] of Object.entries(all)) console.log(v.length, 'plan', (v.reduce((a, b) => a + b[0]!, 0) / v.length).toFixed(3), 'exec', (v.reduce((a, b) => a + b[1]!, 0) / v.length).toFixed(3), k);
  await school.runtime.close();
});
