import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, readConfig } from '../src/config.ts';
import { loadPrompts } from '../src/core/prompts.ts';
import { SetupError } from '../src/errors.ts';
import { type EvalArguments, readArguments, USAGE } from './arguments.ts';
import { readRubric } from './data.ts';
import { type Judge, openJudge } from './judge.ts';
import { sum } from './meter.ts';
import { openResults } from './results.ts';
import { runParts } from './run.ts';
import { renderTable, reportOf } from './scorecard.ts';
import { type Tutor, tutorNamed } from './tutors.ts';

/**
 * How well the tutor teaches: `npm run eval -- --data FOLDER`. The scorecard goes to stdout, progress to stderr. The
 * only file of eval/ that reads the environment, which is the program's own, and JUDGE_MODEL.
 */

const PROMPTS = join(import.meta.dirname, '..', 'prompts');

async function main(): Promise<void> {
  const args = readArguments(process.argv.slice(2));
  if (args.help) return void process.stdout.write(`${USAGE}\n`);
  const config = readConfig(process.env);
  const tutor = tutorFor(args, config);
  const judge = args.judge ? await judgeFor(args, config, process.env.JUDGE_MODEL?.trim() ?? '') : null;
  const runs = await runParts({
    stage: { tutor, prompts: await loadPrompts(PROMPTS), judge, separate: config.separate },
    data: args.data,
    only: args.only,
    limit: args.limit,
    parallel: args.parallel,
    results: openResults(args.out, args.fresh),
    fingerprint: [tutor.fingerprint, config.separate, await promptTexts()].join('\n'),
    progress,
  });
  const card = {
    model: tutor.name,
    judge: judge?.name ?? null,
    parts: runs.map(reportOf),
    used: sum(runs.map(({ used }) => used)),
    judgeUsed: judge?.used() ?? null,
  };
  process.stdout.write(`${args.json ? JSON.stringify(card, null, 2) : renderTable(card)}\n`);
}

function tutorFor({ model }: EvalArguments, config: Config): Tutor {
  const name = model ?? (config.model ? 'openai' : 'offline');
  if (name === 'openai' && !config.model) {
    throw new SetupError(['--model openai needs OPENAI_API_KEY or OPENAI_BASE_URL, as the program does.']);
  }
  return tutorNamed(name, config.model);
}

async function judgeFor({ data }: EvalArguments, config: Config, name: string): Promise<Judge> {
  if (!config.model || name === '') {
    throw new SetupError(['--judge needs JUDGE_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL to reach it.']);
  }
  return openJudge(config.model, name, await readRubric(data));
}

async function promptTexts(): Promise<string> {
  const names = (await readdir(PROMPTS, { recursive: true })).filter((name) => name.endsWith('.md')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(PROMPTS, name), 'utf8')));
  return texts.join('\n');
}

const started = performance.now();
function progress(line: string): void {
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.sentences.join('\n')}\n`);
  process.exitCode = 1;
}
