import pg from 'pg';

/** The rows of a query that asks for no order come in any: here backwards, so that nothing can rest on theirs. */

type Query = (this: pg.Client, ...args: unknown[]) => unknown;
const prototype = pg.Client.prototype as unknown as { query: Query };
const { query } = prototype;

prototype.query = function (...args) {
  const asked = query.apply(this, args);
  if (!(asked instanceof Promise) || !isUnordered(args[0])) return asked;
  return asked.then((result: pg.QueryResult) => ({ ...result, rows: result.rows.toReversed() }));
};

function isUnordered(asked: unknown): boolean {
  const text = typeof asked === 'string' ? asked : String((asked as pg.QueryConfig | undefined)?.text);
  return /^\s*select\b/i.test(text) && !/\border by\b/i.test(text);
}
