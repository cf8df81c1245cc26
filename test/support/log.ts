import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { createLogger, type Logger } from '../../src/log.ts';

export interface RecordedLog {
  log: Logger;
  lines(): Record<string, unknown>[];
  text(): string;
}

/** A real log in a file, which is removed with the test file's end. */
export function recordedLog(): RecordedLog {
  const directory = mkdtempSync(join(tmpdir(), 'threadtutor-log-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'test.log');
  const text = () => readFileSync(file, 'utf8');
  return {
    log: createLogger('debug', file),
    text,
    lines: () =>
      text()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
  };
}
