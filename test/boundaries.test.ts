import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Who may import whom, and what no file may hold. The gate is tested below: each rule reports what breaks it. */

/** Paths with forward slashes → texts. */
type Files = ReadonlyMap<string, string>;

interface Import {
  from: string;
  line: number;
  /** A path of ours, or a package as it is written; '(computed)' where the code decides. */
  to: string;
  isOurs: boolean;
  typesOnly: boolean;
}

type Rule = (files: Files) => Iterable<string>;

/** What each part of src may import of ours, besides itself. A part that is missing here may not exist. */
const MAY_IMPORT: Record<string, { any: string[]; typesOf?: string[] } | 'anything'> = {
  main: 'anything',
  runtime: 'anything',
  roles: 'anything',
  bots: { any: ['core', 'db', 'errors', 'log'], typesOf: ['config'] },
  http: { any: ['core', 'db', 'errors', 'log'], typesOf: ['config'] },
  jobs: { any: ['core', 'db', 'errors', 'log'], typesOf: ['config'] },
  core: { any: ['db', 'errors', 'log'] },
  db: { any: ['errors', 'log'], typesOf: ['core'] },
  external: { any: ['core', 'errors', 'log'], typesOf: ['config'] },
  telemetry: { any: ['core', 'errors', 'log'], typesOf: ['config'] },
  arguments: { any: ['errors'], typesOf: ['core'] },
  config: { any: ['errors'], typesOf: ['core'] },
  errors: { any: [] },
  log: { any: [] },
};

const PLATFORM_PACKAGES = [
  ...['discord.js', '@discordjs', 'discord-api-types', '@slack'],
  ...['bullmq', 'redis', 'ioredis', 'stripe', 'openai', 'pg', '@google-cloud'],
];
const DATABASE_PACKAGES = ['kysely', 'pg'];

/** State in, decision out: these never see the database, not even its types. */
const PURE =
  /^src\/core\/(?:(?:agents|phases|spoken)\/.*|(?:lesson|policy|grading|judgement|skills|summary|questions|hints|commands|messages|text|curriculum|characters|replies|context|languages|voices))\.ts$/;

const SOURCE_LINES = 300;
const TEST_LINES = 500;
const LONG_FILES: Record<string, { lines: number; reason: string }> = {
  'src/core/lesson.ts': { lines: 460, reason: 'one reducer: every event that changes a lesson, in one switch' },
};
const DEFAULT_EXPORTS: Record<string, string> = {
  'test/support/global-setup.ts': 'Vitest calls the default export',
};
/** The imports that no one can read off the text. */
const COMPUTED_IMPORTS: Record<string, string> = {
  'src/db/database.ts': 'the migrations of a folder',
};

const RULES = {
  'every import is understood and leads to a file'(files) {
    return importsOf(files, isSource).flatMap((each) => {
      if (each.to === '(computed)') return each.from in COMPUTED_IMPORTS ? [] : [shown(each)];
      const isFound = each.isOurs ? files.has(each.to) || each.to.endsWith('.json') : !/^(?:[#/]|file:)/.test(each.to);
      return isFound ? [] : [shown(each)];
    });
  },

  'nothing imports main'(files) {
    return importsOf(files, () => true)
      .filter(({ to }) => to === 'src/main.ts')
      .map(shown);
  },

  'each part of src imports only the parts that it may'(files) {
    return importsOf(files, isSource)
      .filter((each) => each.isOurs && !mayImport(each))
      .map(shown);
  },

  'every part of src has its rule'(files) {
    return [...files.keys()].filter((path) => isSource(path) && !(partOf(path) in MAY_IMPORT));
  },

  'a bot imports no other bot, and what bots share imports none'(files) {
    return importsOf(files, (path) => path.startsWith('src/bots/'))
      .filter(({ from, to }) => botOf(to) !== null && botOf(to) !== botOf(from))
      .map(shown);
  },

  'core imports no platform, queue, payment or model package'(files) {
    return importsOf(files, (path) => partOf(path) === 'core')
      .filter((each) => isPackage(each, PLATFORM_PACKAGES))
      .map(shown);
  },

  'db imports no package but kysely and pg'(files) {
    return importsOf(files, (path) => partOf(path) === 'db')
      .filter((each) => !each.isOurs && each.to !== '(computed)' && !/^node:/.test(each.to))
      .filter((each) => !isPackage(each, DATABASE_PACKAGES))
      .map(shown);
  },

  'the pure files of core import no db, nor its types'(files) {
    return importsOf(files, (path) => PURE.test(path))
      .filter(({ to }) => partOf(to) === 'db')
      .map(shown);
  },

  'neither the pure files of core nor external run db through others'(files) {
    const all = importsOf(files, isSource).filter((each) => !each.typesOnly);
    return [...files.keys()]
      .filter((path) => PURE.test(path) || partOf(path) === 'external')
      .flatMap(
        (path) =>
          pathToDb(
            path,
            Map.groupBy(all, ({ from }) => from),
          ) ?? [],
      );
  },

  'only main reads the environment'(files) {
    const pattern = /\bprocess\s*(?:\??\.\s*env\b|\??\.?\s*\[)|=\s*process\s*(?:[;,)]|$)|['"](?:node:)?process['"]/;
    return grep(files, (path) => isSource(path) && path !== 'src/main.ts', pattern);
  },

  'there is no utils folder'(files) {
    return [...files.keys()].filter((path) => /(^|\/)utils?(\/|\.ts$)/i.test(path));
  },

  'no file only re-exports'(files) {
    return [...files].filter(([, text]) => isBarrel(text)).map(([path]) => path);
  },

  'no default exports'(files) {
    const pattern = /^\s*export\s+default\b|^\s*export\s*\{[^}]*\bdefault\b/;
    return grep(files, (path) => !(path in DEFAULT_EXPORTS), pattern);
  },

  'no file is longer than its limit'(files) {
    return [...files].flatMap(([path, text]) => {
      const limit = LONG_FILES[path]?.lines ?? (isSource(path) ? SOURCE_LINES : TEST_LINES);
      const lines = text.replace(/\n$/, '').split('\n').length;
      return lines > limit ? [`${path}: ${lines} lines, ${limit} at most`] : [];
    });
  },
} satisfies Record<string, Rule>;

type RuleName = keyof typeof RULES;

function isSource(path: string): boolean {
  return path.startsWith('src/');
}

/** 'core' of src/core/lesson.ts, 'errors' of src/errors.ts. */
function partOf(path: string): string {
  return /^src\/([^/]+?)(?:\/|\.ts$)/.exec(path)?.[1] ?? '';
}

/** 'discord' of src/bots/discord/inbound.ts; null for anything outside a bot's own folder. */
function botOf(path: string): string | null {
  return /^src\/bots\/(?!locales\/)([^/]+)\//.exec(path)?.[1] ?? null;
}

function isPackage({ to }: Import, names: readonly string[]): boolean {
  return names.some((name) => to === name || to.startsWith(`${name}/`));
}

function mayImport({ from, to, typesOnly }: Import): boolean {
  const rule = MAY_IMPORT[partOf(from)];
  const wanted = partOf(to);
  if (rule === undefined || rule === 'anything' || wanted === partOf(from)) return true;
  return rule.any.includes(wanted) || (typesOnly && (rule.typesOf ?? []).includes(wanted));
}

/** The shortest way from a file to db by imports that run, as one line; null where there is none. */
function pathToDb(start: string, imports: ReadonlyMap<string, readonly Import[]>): string | null {
  const ways = [[start]];
  const seen = new Set([start]);
  for (const way of ways) {
    for (const { to } of imports.get(way.at(-1) ?? '') ?? []) {
      if (partOf(to) === 'db') return [...way, to].join(' → ');
      if (!seen.has(to)) ways.push([...way, to]);
      seen.add(to);
    }
  }
  return null;
}

function shown({ from, line, to }: Import): string {
  return `${from}:${line} imports ${to}`;
}

/** Lines of code, not of comments, that match. */
function grep(files: Files, isMeant: (path: string) => boolean, pattern: RegExp): string[] {
  return [...files]
    .filter(([path]) => isMeant(path))
    .flatMap(([path, text]) =>
      withoutComments(text)
        .split('\n')
        .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1} ${line.trim()}`] : [])),
    );
}

/** Whole-line comments become empty lines, so that numbers stay. */
function withoutComments(text: string): string {
  return text.replace(/^[ \t]*(?:\/\/|\/?\*).*$/gm, '');
}

const STATEMENT =
  /(?<=^|;)[ \t]*(?:import|export)\b(\s+type\b(?!\s*(?:,|from\b)))?(?:[^;'"`()=]*\bfrom)?\s*(['"])([^'"]+)\2/gm;
const CALL = /\b(?:import|require)\(\s*(?:(['"`])([^'"`$]+)\1\s*\)|)/g;

function importsOf(files: Files, isMeant: (path: string) => boolean): Import[] {
  return [...files]
    .filter(([path]) => isMeant(path))
    .flatMap(([from, source]) => {
      const text = withoutComments(source);
      const at = (match: RegExpExecArray) => text.slice(0, match.index + match[0].length).split('\n').length;
      return [
        ...[...text.matchAll(STATEMENT)].map((match) => ({
          from,
          line: at(match),
          ...target(from, match[3] ?? ''),
          typesOnly: match[1] !== undefined,
        })),
        ...[...text.matchAll(CALL)].map((match) => ({
          from,
          line: at(match),
          ...target(from, match[2] ?? '(computed)'),
          typesOnly: false,
        })),
      ];
    });
}

function target(from: string, specifier: string): Pick<Import, 'to' | 'isOurs'> {
  const isOurs = specifier.startsWith('.');
  return { to: isOurs ? join(from, '..', specifier).replaceAll('\\', '/') : specifier, isOurs };
}

function isBarrel(text: string): boolean {
  const code = withoutComments(text).replace(/\/\*.*?\*\//gs, '');
  const rest = code
    .replace(STATEMENT, '')
    .replace(/\bexport\s*(?:type\s*)?\{[^}]*\}/g, '')
    .replace(/[\s;]/g, '');
  return rest === '' && /\bexport\b/.test(code);
}

const ROOT = join(import.meta.dirname, '..');

function readFiles(folder: string): [string, string][] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => [file.slice(ROOT.length + 1).replaceAll('\\', '/'), readFileSync(file, 'utf8')]);
}

const NAMES = Object.keys(RULES) as RuleName[];

describe('the project', () => {
  const project: Files = new Map([...readFiles('src'), ...readFiles('test')]);

  test.each(NAMES)('%s', (name) => {
    const offences = [...RULES[name](project)];
    expect(offences, offences.join('\n')).toEqual([]);
  });

  test('is read: its imports are found', () => {
    expect([...project.keys()]).toEqual(expect.arrayContaining(['src/main.ts', 'src/core/lesson.ts']));
    const lines = [...project].filter(([path]) => isSource(path)).flatMap(([, text]) => text.split('\n'));
    const written = lines.filter((line) => /^(?:import\b.*|export\b.*|\}) from '[^']+';$/.test(line)).length;
    const found = importsOf(project, isSource).filter(({ to }) => to !== '(computed)').length;
    expect(written).toBeGreaterThan(100);
    expect(found).toBeGreaterThanOrEqual(written);
  });

  test('has no exception that is no longer needed', () => {
    const listed = [...Object.keys(LONG_FILES), ...Object.keys(DEFAULT_EXPORTS), ...Object.keys(COMPUTED_IMPORTS)];
    expect(listed.filter((path) => !project.has(path))).toEqual([]);
    const isShort = (path: string) => (project.get(path) ?? '').split('\n').length <= SOURCE_LINES;
    expect(Object.keys(LONG_FILES).filter(isShort)).toEqual([]);
  });
});

/** Files that break a rule, and what it says about them. */
const BROKEN: Record<RuleName, { files: Record<string, string>; says: string[] }[]> = {
  'every import is understood and leads to a file': [
    {
      files: {
        'src/log.ts': "import { a } from './gone.ts';\nimport b from '#core/b';\nawait import(join(folder, file));",
      },
      says: ['src/log.ts:1 imports src/gone.ts', 'src/log.ts:2 imports #core/b', 'src/log.ts:3 imports (computed)'],
    },
  ],
  'nothing imports main': [
    {
      files: {
        'src/runtime.ts': "import './main.ts';",
        'test/a.test.ts': "import { main } from '../src/main.ts';",
      },
      says: ['src/runtime.ts:1 imports src/main.ts', 'test/a.test.ts:1 imports src/main.ts'],
    },
  ],
  'each part of src imports only the parts that it may': [
    ...(
      [
        ['bots/slack/app', 'jobs/sweep'],
        ['bots/receive', 'external/offline/faq'],
        ['jobs/sweep', 'bots/receive'],
        ['http/server', 'jobs/sweep'],
        ['core/tutor', 'bots/receive'],
        ['core/deliver', 'jobs/sweep'],
        ['core/tutor', 'external/offline/faq'],
        ['core/tutor', 'runtime'],
        ['core/tutor', 'config'],
        ['db/turns', 'bots/receive'],
        ['db/turns', 'jobs/sweep'],
        ['db/turns', 'external/offline/faq'],
        ['db/turns', 'core/lesson'],
        ['external/offline/faq', 'db/turns'],
        ['external/offline/faq', 'bots/receive'],
        ['external/offline/faq', 'jobs/sweep'],
        ['external/offline/faq', 'config'],
        ['bots/receive', 'config'],
        ['errors', 'core/lesson'],
        ['log', 'config'],
        ['config', 'runtime'],
        ['arguments', 'db/turns'],
      ] as const
    ).map(([from, to]) => ({
      files: { [`src/${from}.ts`]: `import { a } from '${'../'.repeat(from.split('/').length - 1) || './'}${to}.ts';` },
      says: [`src/${from}.ts:1 imports src/${to}.ts`],
    })),
    {
      // However it is written.
      files: {
        'src/core/a.ts': "import {\n  type A,\n  b,\n} from '../jobs/sweep.ts';",
        'src/core/b.ts': "export * from '../jobs/sweep.ts';",
        'src/core/c.ts': "type A = import('../jobs/sweep.ts').A;",
        'src/core/d.ts': "import type { A } from '../jobs/sweep.ts';",
        'src/core/e.ts': "import a from 'zod'; import '../jobs/sweep.ts';",
        'src/core/f.ts': "/**\n * import { no } from '../jobs/no.ts';\n */\nexport { a } from '../jobs/sweep.ts';",
        'src/core/g.ts': "import type A, { b } from '../jobs/sweep.ts';",
        'src/core/h.ts': "import test from '../../test/support/learner.ts';",
      },
      says: [
        'src/core/a.ts:4 imports src/jobs/sweep.ts',
        'src/core/b.ts:1 imports src/jobs/sweep.ts',
        'src/core/c.ts:1 imports src/jobs/sweep.ts',
        'src/core/d.ts:1 imports src/jobs/sweep.ts',
        'src/core/e.ts:1 imports src/jobs/sweep.ts',
        'src/core/f.ts:4 imports src/jobs/sweep.ts',
        'src/core/g.ts:1 imports src/jobs/sweep.ts',
        'src/core/h.ts:1 imports test/support/learner.ts',
      ],
    },
    {
      // Not `import type`: the module runs.
      files: { 'src/db/turns.ts': "import { type LessonState } from '../core/lesson.ts';" },
      says: ['src/db/turns.ts:1 imports src/core/lesson.ts'],
    },
  ],
  'every part of src has its rule': [
    { files: { 'src/helpers/a.ts': '', 'src/main2.ts': '' }, says: ['src/helpers/a.ts', 'src/main2.ts'] },
  ],
  'a bot imports no other bot, and what bots share imports none': [
    {
      files: {
        'src/bots/discord/a.ts': "import { a } from '../slack/a.ts';",
        'src/bots/slack/a.ts': "import type { a } from '../terminal/render.ts';",
        'src/bots/receive.ts': "import { a } from './terminal/render.ts';",
      },
      says: [
        'src/bots/discord/a.ts:1 imports src/bots/slack/a.ts',
        'src/bots/slack/a.ts:1 imports src/bots/terminal/render.ts',
        'src/bots/receive.ts:1 imports src/bots/terminal/render.ts',
      ],
    },
  ],
  'core imports no platform, queue, payment or model package': [
    'discord.js',
    '@discordjs',
    'discord-api-types',
    '@slack/bolt',
    'bullmq',
    'redis',
    'ioredis',
    'stripe',
    'openai/resources',
    'pg',
    '@google-cloud/text-to-speech',
  ].map((name) => ({
    files: { 'src/core/phases/a.ts': `import type { A } from '${name}';` },
    says: [`src/core/phases/a.ts:1 imports ${name}`],
  })),
  'db imports no package but kysely and pg': [
    { files: { 'src/db/a.ts': "import { Queue } from 'bullmq';" }, says: ['src/db/a.ts:1 imports bullmq'] },
  ],
  'the pure files of core import no db, nor its types': [
    'agents/planner',
    'phases/teaching',
    'spoken/sentences',
    ...['lesson', 'policy', 'grading', 'judgement', 'skills', 'summary', 'questions', 'hints', 'commands', 'messages'],
    ...['text', 'curriculum', 'characters', 'languages', 'voices'],
  ].map((name) => ({
    files: { [`src/core/${name}.ts`]: `import type { A } from '${name.includes('/') ? '../' : ''}../db/turns.ts';` },
    says: [`src/core/${name}.ts:1 imports src/db/turns.ts`],
  })),
  'neither the pure files of core nor external run db through others': [
    {
      files: {
        'src/core/policy.ts': "import { a } from './steps.ts';",
        'src/core/steps.ts': "import { a } from './accept.ts';",
        'src/core/accept.ts': "import { a } from './steps.ts';\nimport { b } from '../db/turns.ts';",
        'src/external/a.ts': "import { a } from '../core/accept.ts';",
      },
      says: [
        'src/core/policy.ts → src/core/steps.ts → src/core/accept.ts → src/db/turns.ts',
        'src/external/a.ts → src/core/accept.ts → src/db/turns.ts',
      ],
    },
  ],
  'only main reads the environment': [
    'const a = process.env.A;',
    'const a = process?.env;',
    "const a = process['env'];",
    'const { env } = process;',
    "import { env } from 'node:process';",
  ].map((line) => ({ files: { 'src/external/a.ts': `\n${line}` }, says: [`src/external/a.ts:2 ${line}`] })),
  'there is no utils folder': [
    {
      files: { 'src/core/utils/a.ts': '', 'src/util/a.ts': '', 'src/core/utils.ts': '' },
      says: ['src/core/utils/a.ts', 'src/util/a.ts', 'src/core/utils.ts'],
    },
  ],
  'no file only re-exports': [
    "export * from './a.ts';",
    "/** All of it. */\nexport { a } from './a.ts';\nexport type {\n  B,\n} from './b.ts';",
    "import { a } from './a.ts';\n\nexport { a };",
  ].map((text) => ({ files: { 'src/core/index.ts': text }, says: ['src/core/index.ts'] })),
  'no default exports': ['export default function a() {}', 'export { a as default };'].map((line) => ({
    files: { 'src/core/a.ts': line },
    says: [`src/core/a.ts:1 ${line}`],
  })),
  'no file is longer than its limit': [
    {
      files: {
        'src/core/a.ts': 'x;\n'.repeat(301),
        'src/core/lesson.ts': 'x;\n'.repeat(461),
        'test/a.test.ts': 'x;\n'.repeat(501),
      },
      says: [
        'src/core/a.ts: 301 lines, 300 at most',
        'src/core/lesson.ts: 461 lines, 460 at most',
        'test/a.test.ts: 501 lines, 500 at most',
      ],
    },
  ],
};

describe('the gate', () => {
  const cases = NAMES.flatMap((name) => BROKEN[name].map((broken, index) => ({ name, index, ...broken })));

  test.each(cases)('$name: reports example $index', ({ name, files, says }) => {
    expect([...RULES[name](new Map(Object.entries(files)))]).toEqual(says);
  });

  test.each(NAMES)('%s: reports nothing about sound files', (name) => {
    const files = {
      'src/main.ts': "import { a } from './runtime.ts';\nconst a = process.env.A;",
      'src/runtime.ts': "import { a } from './bots/receive.ts';\nimport { b } from './jobs/sweep.ts';",
      'src/config.ts': "import { z } from 'zod';\nimport { a } from './errors.ts';",
      'src/errors.ts': '// process.env is for main.\nexport const a = 1;',
      'src/log.ts': "import { pino } from 'pino';\nexport type A = 'a';",
      'src/bots/receive.ts': "import { a } from '../core/accept.ts';\nimport type { B } from '../config.ts';",
      'src/bots/slack/app.ts': "import { App } from '@slack/bolt';\nimport { a } from '../receive.ts';",
      'src/jobs/sweep.ts': "import { Queue } from 'bullmq';\nimport { a } from '../db/turns.ts';",
      'src/core/accept.ts': "import { a } from '../db/turns.ts';\nimport { b } from './lesson.ts';",
      'src/core/lesson.ts': "import type { A } from './accept.ts';\n".padEnd(400, '\n'),
      'src/db/turns.ts':
        "import { sql } from 'kysely';\nimport pg from 'pg';\nimport type { A } from '../core/lesson.ts';",
      'src/db/database.ts': "import { join } from 'node:path';\nawait import(join(folder, file));",
      'src/external/a.ts': "import { a } from '../core/lesson.ts';\nimport type { Config } from '../config.ts';",
      'test/support/global-setup.ts': 'export default 1;',
    };
    expect([...RULES[name](new Map(Object.entries(files)))]).toEqual([]);
  });
});
