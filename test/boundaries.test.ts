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
  typesOnly: boolean;
}

type Rule = (files: Files) => Iterable<string>;

/** What each part of src may import of ours, besides itself. A part that is missing here may not exist. */
const MAY_IMPORT: Record<string, { any: string[]; typesOf?: string[] } | 'anything'> = {
  main: 'anything',
  runtime: 'anything',
  bots: { any: ['core', 'db', 'errors', 'log'], typesOf: ['config'] },
  http: { any: ['core', 'db', 'errors', 'log'], typesOf: ['config'] },
  jobs: { any: ['core', 'db', 'errors', 'log'], typesOf: ['config'] },
  core: { any: ['db', 'errors', 'log'] },
  db: { any: ['errors', 'log'], typesOf: ['core'] },
  external: { any: ['core', 'errors', 'log'], typesOf: ['config'] },
  arguments: { any: ['errors'], typesOf: ['core'] },
  config: { any: ['errors'], typesOf: ['core'] },
  errors: { any: [] },
  log: { any: [] },
};

const PLATFORM_PACKAGES = ['discord.js', '@slack', 'bullmq', 'redis', 'ioredis', 'stripe', 'openai', 'pg', '@google-cloud'];
const DATABASE_PACKAGES = ['kysely', 'pg'];

/** State in, decision out: these never see the database, not even its types. */
const PURE =
  /^src\/core\/(?:(?:agents|phases)\/.*|(?:lesson|policy|grading|judgement|skills|summary|questions|hints|commands|messages|text|curriculum|characters|replies|context))\.ts$/;

const SOURCE_LINES = 300;
const TEST_LINES = 500;
const LONG_FILES: Record<string, { lines: number; reason: string }> = {
  'src/core/lesson.ts': { lines: 450, reason: 'one reducer: every event that changes a lesson, in one switch' },
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
      const isOdd = each.to === '(computed)' ? !(each.from in COMPUTED_IMPORTS) : isOurs(each) && !files.has(each.to);
      return isOdd ? [shown(each)] : [];
    });
  },

  'nothing imports main'(files) {
    return importsOf(files, () => true)
      .filter(({ to }) => to === 'src/main.ts')
      .map(shown);
  },

  'each part of src imports only the parts that it may'(files) {
    return importsOf(files, isSource)
      .filter((each) => isOurs(each) && !mayImport(each))
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
      .filter((each) => !isOurs(each) && each.to !== '(computed)' && !/^node:/.test(each.to))
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
      .flatMap((path) => pathToDb(path, Map.groupBy(all, ({ from }) => from)) ?? []);
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
  return /^src\/bots\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function isOurs({ to }: Import): boolean {
  return /^(?:src|test|bench|migrations|\.\.)\//.test(to);
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

const STATEMENT = /(?<=^|;)[ \t]*(?:import|export)\b(\s+type\b(?!\s*(?:,|from\b)))?(?:[^;'"`()=]*\bfrom)?\s*(['"])([^'"]+)\2/gm;
const CALL = /\b(?:import|require)\(\s*(?:(['"`])([^'"`$]+)\1\s*\)|)/g;
const RE_EXPORT = /^[ \t]*export\b[^;'"`()=]*\bfrom\s*['"][^'"]+['"]/m;

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
          to: resolved(from, match[3] ?? ''),
          typesOnly: match[1] !== undefined,
        })),
        ...[...text.matchAll(CALL)].map((match) => ({
          from,
          line: at(match),
          to: match[2] === undefined ? '(computed)' : resolved(from, match[2]),
          typesOnly: false,
        })),
      ];
    });
}

function resolved(from: string, specifier: string): string {
  return specifier.startsWith('.') ? join(from, '..', specifier).replaceAll('\\', '/') : specifier;
}

function isBarrel(text: string): boolean {
  const code = withoutComments(text).replace(/\/\*.*?\*\//gs, '');
  const rest = code
    .replace(STATEMENT, '')
    .replace(/\bexport\s*(?:type\s*)?\{[^}]*\}/g, '')
    .replace(/[\s;]/g, '');
  return rest === '' && (RE_EXPORT.test(code) || /\bexport\b/.test(code));
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

  test('exceptions that are no longer needed go', () => {
    const listed = [...Object.keys(LONG_FILES), ...Object.keys(DEFAULT_EXPORTS), ...Object.keys(COMPUTED_IMPORTS)];
    expect(listed.filter((path) => !project.has(path))).toEqual([]);
    const short = Object.keys(LONG_FILES).filter((path) => project.get(path)?.split('\n').length ?? 0 <= SOURCE_LINES);
    expect(short).toEqual([]);
  });
});
