/** Runs every gate, also after one has failed: `npm run check`, here and in CI. */
'use strict';

const { spawnSync } = require('child_process');
const path = require('path');

const ROOT = path.join(__dirname, '..');

/** A JavaScript tool out of node_modules, under the Node that runs the program. */
const tool = (script, ...args) => [process.execPath, 'bin/run.cjs', path.join('node_modules', script), ...args];

const GATES = [
  [
    'format and lint',
    tool('@biomejs/biome/bin/biome', process.env.CI === 'true' ? 'ci' : 'check', '--error-on-warnings', '.'),
  ],
  ['types', tool('typescript/bin/tsc', '-p', '.')],
  ['dead code', tool('knip/bin/knip.js')],
  ['lockfile', ['npm', 'ci', '--dry-run', '--ignore-scripts', '--loglevel=error']],
  ['import boundaries', tool('vitest/vitest.mjs', 'run', 'test/boundaries.test.ts')],
];

function passes([name, [command, ...args]]) {
  const started = Date.now();
  console.log(`\n── ${name}`);
  // npm is a batch file on Windows, which only a shell can run.
  const shell = command === 'npm' && process.platform === 'win32';
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', shell });
  if (error) console.error(error.message);
  console.log(`${status === 0 ? '✓' : '✗'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return status === 0;
}

const failed = GATES.filter((gate) => !passes(gate)).map(([name]) => name);
console.log(failed.length === 0 ? '\nEvery gate passed.' : `\nFailed: ${failed.join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
