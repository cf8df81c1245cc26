import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebClient } from '@slack/web-api';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { COMMAND, EVENTS, METHODS, SCOPES, SHORTCUTS } from '../../../src/bots/slack/connection/uses.ts';

/** The manifest asks for what the code uses, and the code uses what the manifest asks for. Each rule is tested below. */

/** Paths → texts. */
type Files = ReadonlyMap<string, string>;

interface Uses {
  scopes: Readonly<Record<string, string>>;
  events: Readonly<Record<string, readonly string[]>>;
  command: string;
  shortcuts: Readonly<Record<string, string>>;
  methods: Readonly<Record<string, readonly string[]>>;
}

const text = (max: number, min = 1) => z.string().min(min).max(max);
const url = z.url({ protocol: /^https$/ });
const flag = z.boolean();
const prompt = z.strictObject({ title: text(75), message: text(4000) });

/** Slack's schema, as far as the manifest makes use of it. */
const manifestForm = z.strictObject({
  display_information: z.strictObject({
    name: text(35),
    description: text(140),
    long_description: text(4000, 174),
    background_color: z.string().regex(/^#[0-9a-f]{6}$/i),
  }),
  features: z.strictObject({
    app_home: z.strictObject({
      home_tab_enabled: z.literal(true),
      messages_tab_enabled: z.literal(true),
      messages_tab_read_only_enabled: z.literal(false),
    }),
    agent_view: z.strictObject({
      agent_description: text(300),
      suggested_prompts: z.array(prompt).min(1).max(4),
    }),
    bot_user: z.strictObject({ display_name: z.string().regex(/^[a-z0-9._-]{1,80}$/), always_online: z.literal(true) }),
    shortcuts: z
      .array(
        z.strictObject({
          type: z.enum(['global', 'message']),
          name: text(24),
          callback_id: text(255),
          description: text(150),
        }),
      )
      .max(10),
    slash_commands: z.array(
      z.strictObject({
        command: z.string().regex(/^\/[a-z-]{1,31}$/),
        description: text(2000),
        usage_hint: text(1000),
        should_escape: z.literal(false),
        url: url.optional(),
      }),
    ),
  }),
  oauth_config: z.strictObject({
    redirect_urls: z.array(url).min(1).optional(),
    scopes: z.strictObject({ bot: z.array(z.string()).max(255) }),
  }),
  settings: z.strictObject({
    event_subscriptions: z.strictObject({ request_url: url.optional(), bot_events: z.array(z.string()).max(100) }),
    interactivity: z.strictObject({ is_enabled: z.literal(true), request_url: url.optional() }),
    org_deploy_enabled: flag,
    socket_mode_enabled: flag,
    token_rotation_enabled: flag,
  }),
});

/** Needed for other things than methods and events. */
const FOR_FEATURES = ['commands', 'chat:write.public'];

/** What is wrong between the manifest and the lists of the code. */
function manifestComplaints(yaml: string, uses: Uses): string[] {
  const { data, error } = manifestForm.safeParse(parse(yaml));
  if (!data) return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  const { features, oauth_config: oauth, settings } = data;
  const asked = (name: string) => (need: readonly string[]) =>
    need.length === 0 || need.some((scope) => oauth.scopes.bot.includes(scope)) ? [] : [`${name} has no scope`];
  const needed = [...Object.values(uses.methods), ...Object.values(uses.events), FOR_FEATURES].flat();
  return [
    ...difference('scope', oauth.scopes.bot, Object.keys(uses.scopes)),
    ...difference('event', settings.event_subscriptions.bot_events, Object.keys(uses.events)),
    ...difference(
      'command',
      features.slash_commands.map(({ command }) => command),
      [uses.command],
    ),
    ...difference(
      'shortcut',
      features.shortcuts.map((each) => each.callback_id),
      Object.values(uses.shortcuts),
    ),
    ...Object.entries({ ...uses.methods, ...uses.events }).flatMap(([name, need]) => asked(name)(need)),
    ...oauth.scopes.bot.filter((scope) => !needed.includes(scope)).map((scope) => `nothing needs scope ${scope}`),
    ...Object.entries(uses.scopes).flatMap(([scope, why]) =>
      yaml.includes(`- ${scope} # ${why}\n`) ? [] : [`scope ${scope} is not explained as in the code`],
    ),
  ];
}

function difference(what: string, inManifest: readonly string[], inCode: readonly string[]): string[] {
  return [
    ...inCode.filter((name) => !inManifest.includes(name)).map((name) => `${what} ${name} is not in the manifest`),
    ...inManifest.filter((name) => !inCode.includes(name)).map((name) => `${what} ${name} is not in the code`),
    ...inManifest.filter((name, at) => inManifest.indexOf(name) < at).map((name) => `${what} ${name} is there twice`),
  ];
}

/** Of the SDK: 'chat.postMessage' and all others, whatever Slack adds to it. */
function methodsOf(client: object, path: readonly string[] = []): string[] {
  return Object.entries(client).flatMap(([name, value]) => {
    if (typeof value === 'function') return path.length > 0 ? [[...path, name].join('.')] : [];
    const isPart = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
    return isPart ? methodsOf(value, [...path, name]) : [];
  });
}

const KNOWN: ReadonlySet<string> = new Set(methodsOf(new WebClient()));

/** What the SDK's helpers call. */
const HELPERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['filesUploadV2', ['files.getUploadURLExternal', 'files.completeUploadExternal']],
  ['files.uploadV2', ['files.getUploadURLExternal', 'files.completeUploadExternal']],
  ['chatStream', ['chat.startStream', 'chat.appendStream', 'chat.stopStream']],
]);

const COMMENT_OR_STRING = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g;

function withoutComments(code: string): string {
  return code.replace(COMMENT_OR_STRING, (found) => (found.startsWith('/') ? '' : found));
}

/** Web API methods that are called, or handed on to be called. */
function callsIn(code: string): string[] {
  const named = [...withoutComments(code).matchAll(/\.apiCall\(\s*'([\w.]+)'/g)].map(([, name = '']) => name);
  const bare = code.replace(COMMENT_OR_STRING, '');
  const chains = [...bare.matchAll(/(?:[A-Za-z_$][\w$]*)?(?:\s*\??\.\s*[A-Za-z_$][\w$]*)+/g)].flatMap(([chain]) => {
    const parts = chain.split(/\s*\??\.\s*/);
    const slices = parts.flatMap((_, from) =>
      parts.slice(from).map((_, to) => parts.slice(from, from + to + 1).join('.')),
    );
    return slices.flatMap((slice) => HELPERS.get(slice) ?? (KNOWN.has(slice) ? [slice] : []));
  });
  return [...new Set([...named, ...chains])].sort();
}

/** What Bolt is told to listen to: 'event app_mention', 'command /tutor', 'shortcut ask_about'. */
function registrationsIn(code: string, uses: Uses): string[] {
  const constants: Record<string, string> = { COMMAND: uses.command };
  for (const [name, id] of Object.entries(uses.shortcuts)) constants[`SHORTCUTS.${name}`] = id;
  const found = [...withoutComments(code).matchAll(/\.(event|command|shortcut)\(\s*(?:'([^']+)'|([\w.]+))\s*,/g)];
  return found.flatMap(([, kind, literal, constant = '']) => {
    const name = literal ?? constants[constant];
    return name ? [`${kind} ${name}`] : [];
  });
}

/** What is wrong between the code's lists and its calls and registrations. */
function codeComplaints(files: Files, uses: Uses): string[] {
  const code = [...files.values()].join('\n');
  const calls = new Set([...files.values()].flatMap(callsIn));
  const heard = new Set(registrationsIn(code, uses));
  // Bolt knows messages of all kinds of channels by one name.
  const boltName = (event: string) => (event.startsWith('message.') ? 'message' : event);
  const wanted = new Set([
    ...Object.keys(uses.events).map((event) => `event ${boltName(event)}`),
    `command ${uses.command}`,
    ...Object.values(uses.shortcuts).map((id) => `shortcut ${id}`),
  ]);
  const listed = Object.keys(uses.methods);
  return [
    ...[...calls].filter((name) => !listed.includes(name)).map((name) => `${name} is called, and not in METHODS`),
    ...listed.filter((name) => !calls.has(name)).map((name) => `${name} is in METHODS, and never called`),
    ...[...heard].filter((name) => !wanted.has(name)).map((name) => `${name} is listened to, and not asked for`),
    ...[...wanted].filter((name) => !heard.has(name)).map((name) => `${name} is asked for, and not listened to`),
  ];
}

const ROOT = join(import.meta.dirname, '../../..');
const OURS: Uses = { scopes: SCOPES, events: EVENTS, command: COMMAND, shortcuts: SHORTCUTS, methods: METHODS };
const MANIFEST = readFileSync(join(ROOT, 'slack-manifest.yaml'), 'utf8');

function sources(folder: string): Files {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true });
  const paths = entries.filter((each) => each.isFile() && each.name.endsWith('.ts'));
  return new Map(
    paths.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), 'utf8')]),
  );
}

describe('the project', () => {
  test('asks Slack for what its lists say', () => {
    expect(manifestComplaints(MANIFEST, OURS)).toEqual([]);
  });

  test('asks for the same over HTTP, as its comments say', () => {
    const http = MANIFEST.replaceAll(/# HTTP: (?=\w+: )/g, '').replace(
      /# (redirect_urls:\n)\s*# {3}(- .*)/,
      '$1    $2',
    );
    expect(manifestComplaints(http, OURS)).toEqual([]);
    expect(parse(http)).toMatchObject({
      features: { slash_commands: [{ url: 'https://YOUR-HOST/slack/events' }] },
      oauth_config: { redirect_urls: ['https://YOUR-HOST/slack/oauth_redirect'] },
      settings: {
        event_subscriptions: { request_url: 'https://YOUR-HOST/slack/events' },
        interactivity: { request_url: 'https://YOUR-HOST/slack/events' },
      },
    });
  });

  test('calls and hears what its lists say', () => {
    expect(codeComplaints(sources('src/bots/slack'), OURS)).toEqual([]);
  });
});

const SMALL: Uses = {
  scopes: { commands: 'to be called', 'chat:write': 'to answer', 'im:history': 'to read' },
  events: { 'message.im': ['im:history'], app_home_opened: [] },
  command: '/small',
  shortcuts: { ask: 'ask_it' },
  methods: { 'chat.postMessage': ['chat:write'], 'views.open': [] },
};

const SMALL_CODE = [
  "app.event('message', hear);",
  "app.event('app_home_opened', show);",
  'app.command(COMMAND, begin);',
  'app.shortcut(SHORTCUTS.ask, ask);',
  'await client.chat.postMessage({ channel });',
  'await (await clients.of(workspace)).views\n  .open({ view });',
].join('\n');

function codeSays(code: string): string[] {
  return codeComplaints(new Map([['a.ts', code]]), SMALL);
}

/** Ours, with what the small code uses. */
function smallManifest(change: (yaml: string) => string = (yaml) => yaml): string {
  const scopes = Object.entries(SMALL.scopes).map(([scope, why]) => `      - ${scope} # ${why}\n`);
  const events = Object.keys(SMALL.events).map((event) => `      - ${event}\n`);
  const small = MANIFEST.replace(/( {4}bot:\n)(?: {6}- .*\n)+/, `$1${scopes.join('')}`)
    .replace(/( {4}bot_events:\n)(?: {6}- .*\n)+/, `$1${events.join('')}`)
    .replace('command: /tutor', 'command: /small')
    .replace(/ {4}- name: Start a lesson\n(?: {6}.*\n)+/, '')
    .replace('ask_about', 'ask_it');
  return change(small);
}

describe('the manifest, compared with a small bot', () => {
  test('is right', () => {
    expect(manifestComplaints(smallManifest(), SMALL)).toEqual([]);
  });

  test.each<[string, (yaml: string) => string, string[]]>([
    [
      'a scope that is missing',
      (yaml) => yaml.replace('      - chat:write # to answer\n', ''),
      [
        'scope chat:write is not in the manifest',
        'chat.postMessage has no scope',
        'scope chat:write is not explained as in the code',
      ],
    ],
    [
      'a scope that nothing needs',
      (yaml) => yaml.replace('    bot:\n', '    bot:\n      - pins:read # because\n'),
      ['scope pins:read is not in the code', 'nothing needs scope pins:read'],
    ],
    [
      'a scope that is explained otherwise',
      (yaml) => yaml.replace('# to read\n', '# to write\n'),
      ['scope im:history is not explained as in the code'],
    ],
    [
      'an event twice',
      (yaml) => yaml.replace('      - message.im\n', '      - message.im\n      - message.im\n'),
      ['event message.im is there twice'],
    ],
    [
      'an event that nobody hears',
      (yaml) => yaml.replace('      - message.im\n', '      - team_join\n'),
      ['event message.im is not in the manifest', 'event team_join is not in the code'],
    ],
    [
      'another command',
      (yaml) => yaml.replace('/small', '/large'),
      ['command /small is not in the manifest', 'command /large is not in the code'],
    ],
    [
      'another shortcut',
      (yaml) => yaml.replace('ask_it', 'ask_us'),
      ['shortcut ask_it is not in the manifest', 'shortcut ask_us is not in the code'],
    ],
    [
      'a field that Slack does not know',
      (yaml) => yaml.replace('always_online: true', 'always_online: true\n    colour: red'),
      ['features.bot_user: Unrecognized key: "colour"'],
    ],
    [
      'a description that is too short',
      (yaml) => yaml.replace(/long_description: >-\n(?: {4}.*\n)+/, 'long_description: A tutor.\n'),
      ['display_information.long_description: Too small: expected string to have >=174 characters'],
    ],
    [
      'messages that nobody may write',
      (yaml) => yaml.replace('read_only_enabled: false', 'read_only_enabled: true'),
      ['features.app_home.messages_tab_read_only_enabled: Invalid input: expected false'],
    ],
  ])('says no to %s', (_, change, complaints) => {
    const changed = smallManifest(change);
    expect(changed).not.toBe(smallManifest());
    expect(manifestComplaints(changed, SMALL)).toEqual(complaints);
  });
});

describe('the code, compared with its lists', () => {
  test('is right', () => {
    expect(codeSays(SMALL_CODE)).toEqual([]);
  });

  test.each<[string, (code: string) => string, string[]]>([
    [
      'a call that is not listed',
      (code) => `${code}\nclient.users.info({ user });`,
      ['users.info is called, and not in METHODS'],
    ],
    [
      'a call that is handed on',
      (code) => `${code}\nconst join = client.conversations.join.bind(client);`,
      ['conversations.join is called, and not in METHODS'],
    ],
    [
      'a call by its name',
      (code) => `${code}\nclient.apiCall('chat.update', {});`,
      ['chat.update is called, and not in METHODS'],
    ],
    [
      'a call of three parts',
      (code) => `${code}\nclient?.assistant.threads.setTitle({ title });`,
      ['assistant.threads.setTitle is called, and not in METHODS'],
    ],
    [
      "a helper of the SDK's",
      (code) => `${code}\nclient.filesUploadV2({ file });`,
      [
        'files.completeUploadExternal is called, and not in METHODS',
        'files.getUploadURLExternal is called, and not in METHODS',
      ],
    ],
    [
      'what is listed in vain',
      (code) => code.replace('.open(', '.close('),
      ['views.open is in METHODS, and never called'],
    ],
    [
      'a call that stands in a comment',
      (code) => code.replace('await client.chat', '// client.chat'),
      ['chat.postMessage is in METHODS, and never called'],
    ],
    [
      'an event that is not asked for',
      (code) => `${code}\napp.event('team_join', hear);`,
      ['event team_join is listened to, and not asked for'],
    ],
    [
      'an event that nobody hears',
      (code) => code.replace("app.event('message', hear);", "// app.event('message', hear);"),
      ['event message is asked for, and not listened to'],
    ],
    [
      'another command',
      (code) => code.replace('COMMAND', "'/large'"),
      ['command /large is listened to, and not asked for', 'command /small is asked for, and not listened to'],
    ],
    [
      'a shortcut that nobody hears',
      (code) => code.replace('SHORTCUTS.ask,', 'SHORTCUTS.other,'),
      ['shortcut ask_it is asked for, and not listened to'],
    ],
  ])('says no to %s', (_, change, complaints) => {
    expect(codeSays(change(SMALL_CODE))).toEqual(complaints);
  });

  test('knows what is no call', () => {
    const code = [
      'words.chat.title;',
      "log.info('client.chat.update(x)');",
      '/* a.chat.delete() */',
      '// a.views.push()',
    ];
    expect(callsIn(code.join('\n'))).toEqual([]);
    expect(KNOWN.size).toBeGreaterThan(200);
  });
});
