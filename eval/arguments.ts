import { parseArgs } from 'node:util';
import { errorMessage, SetupError } from '../src/errors.ts';
import { PART_NAMES } from './run.ts';
import { TUTOR_NAMES, type TutorName } from './tutors.ts';

export interface EvalArguments {
  help: boolean;
  data: string;
  /** Null: openai where the environment has a model, else offline. */
  model: TutorName | null;
  limit: number;
  parallel: number;
  only: readonly string[];
  judge: boolean;
  out: string | null;
  fresh: boolean;
  json: boolean;
}

export const USAGE = `How well the tutor teaches, on graded data: npm run eval -- --data FOLDER

  --data FOLDER    grading.jsonl, evaluator_edge.jsonl, injections.jsonl, state_cases.jsonl, scenarios.jsonl, moves.jsonl
  --model NAME     offline or openai (the default where the environment has a model);
                   scripted, leaky and hostile test the harness and the code around the model
  --only PARTS     of ${PART_NAMES.join(',')}
  --limit N        the first N rows of each file
  --parallel N     rows at a time (4)
  --judge          also judge messages by rubric.json, with the model JUDGE_MODEL
  --out FILE       a line for every finished row; the next run goes on from there
  --fresh          empty that file first
  --json           the scorecard as JSON`;

/** Throws SetupError with one sentence per mistake. */
export function readArguments(argv: readonly string[]): EvalArguments {
  const values = parse(argv);
  const only = values.only?.split(',').map((name) => name.trim()) ?? PART_NAMES;
  const model = TUTOR_NAMES.find((name) => name === values.model) ?? null;
  const [limit, parallel] = [Number(values.limit ?? Infinity), Number(values.parallel ?? 4)];
  const complaints = [
    !values.data && !values.help && '--data is needed: the folder with the graded data.',
    values.model && !model && `--model is "${values.model}": use one of ${TUTOR_NAMES.join(', ')}.`,
    ...only.map((name) => !PART_NAMES.includes(name) && `--only names "${name}": use ${PART_NAMES.join(', ')}.`),
    !(limit >= 1) && '--limit must be a number from 1.',
    !(Number.isInteger(parallel) && parallel >= 1) && '--parallel must be a whole number from 1.',
    values.fresh && !values.out && '--fresh empties the file of --out: name it.',
  ].filter((complaint) => typeof complaint === 'string');
  if (complaints.length > 0) throw new SetupError(complaints);
  return {
    help: values.help ?? false,
    data: values.data ?? '',
    model,
    limit,
    parallel,
    only,
    judge: values.judge ?? false,
    out: values.out ?? null,
    fresh: values.fresh ?? false,
    json: values.json ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        data: { type: 'string' },
        model: { type: 'string' },
        only: { type: 'string' },
        limit: { type: 'string' },
        parallel: { type: 'string' },
        out: { type: 'string' },
        judge: { type: 'boolean' },
        fresh: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const [complaint = ''] = errorMessage(error).split('\n');
    throw new SetupError([`${complaint.replace(/\.$/, '')}. Run "npm run eval -- --help" to see what there is.`]);
  }
}
