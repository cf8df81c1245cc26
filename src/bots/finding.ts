/** What a look at the setup has found: one sentence each. With `ok`, a fix is advice. */
export interface Finding {
  ok: boolean;
  what: string;
  fix?: string;
}
