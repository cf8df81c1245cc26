import pg from 'pg';

/** How the server carries out the statements that the program sends: EXPLAIN ANALYZE of each, right before it runs. */

export interface Plan {
  statement: string;
  scans: Scan[];
}

interface Scan {
  table: string;
  how: string;
  index: string | null;
  /** Kept or not. */
  rowsRead: number;
}

export interface Plans {
  all: Plan[];
  /** Ends the watching. */
  stop(): void;
}

type Query = (this: pg.Client, query: unknown, ...more: unknown[]) => unknown;

/**
 * Watches what Kysely sends from now on, in this process. A statement is explained on its own connection in the very
 * state that it will find, and what the explaining did is rolled back, so the program does not notice.
 */
export function watchPlans(): Plans {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const send = prototype.query;
  const inTransaction = new WeakSet<pg.Client>();
  const all: Plan[] = [];
  prototype.query = function watched(query, ...more) {
    const go = () => send.call(this, query, ...more);
    if (!isOurs(query)) return go();
    const { text, values } = query;
    if (text === 'begin') inTransaction.add(this);
    if (text === 'commit' || text === 'rollback') inTransaction.delete(this);
    if (!/^\s*(?:select|insert|update|delete|with)\b/i.test(text)) return go();
    const [begin, end] = inTransaction.has(this)
      ? ['savepoint explained', 'rollback to explained']
      : ['begin', 'rollback'];
    const explain = async () => {
      await send.call(this, begin);
      const explained = await (send.call(this, `explain (analyze, format json) ${text}`, values) as Promise<Explained>);
      await send.call(this, end);
      all.push({ statement: text.replaceAll(/\s+/g, ' ').trim(), scans: scansIn(explained.rows[0]) });
      return go();
    };
    return explain();
  };
  return {
    all,
    stop() {
      prototype.query = send;
    },
  };
}

/** Kysely's, not BullMQ's. */
function isOurs(query: unknown): query is { text: string; values: unknown[] } {
  if (typeof query !== 'object' || query === null || !('text' in query) || !('values' in query)) return false;
  return !String(query.text).includes('bullmq');
}

interface Explained {
  rows: { 'QUERY PLAN': [{ Plan: Node }] }[];
}

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Node[];
}

function scansIn(row: Explained['rows'][number] | undefined): Scan[] {
  if (!row) throw new Error('EXPLAIN said nothing');
  const walk = (node: Node): Scan[] => [...scanOf(node), ...(node.Plans ?? []).flatMap(walk)];
  return walk(row['QUERY PLAN'][0].Plan);
}

function scanOf(node: Node): Scan[] {
  const table = node['Relation Name'];
  if (!table || !node['Node Type'].includes('Scan')) return [];
  const perLoop =
    node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  const index = node['Index Name'] ?? null;
  return [{ table, how: node['Node Type'], index, rowsRead: Math.round(perLoop * node['Actual Loops']) }];
}
