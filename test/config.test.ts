import { expect, test } from 'vitest';
import { type Config, readConfig } from '../src/config.ts';
import { SetupError } from '../src/errors.ts';

const DEFAULTS: Config = {
  dataDir: '.data',
  databaseUrl: null,
  databaseConnections: 10,
  redisUrl: null,
  web: { host: '127.0.0.1', port: null, boardPassword: null, publicUrl: null },
  webhook: null,
  discord: null,
  slack: null,
  speech: {
    engine: 'offline',
    endpoint: null,
    voice: null,
    cacheBytes: 200_000_000,
  },
  billing: { plansFile: null, stripe: null },
  limits: {
    perMinute: { learner: 30, workspace: 1_200 },
    concurrency: { learner: 2, workspace: 50, worker: 100 },
    model: { requests: null, tokens: null },
  },
  otlpEndpoint: null,
  shutdownMs: 20_000,
  model: null,
  transcribe: null,
  budgets: { turn: 0.05, lesson: 0.5, workspaceMonth: null },
  separate: false,
  logLevel: 'info',
};
const OPENAI = {
  apiKeys: ['sk-1'],
  baseUrl: null,
  api: 'responses',
  models: { large: 'gpt-4o', small: 'gpt-4o-mini' },
  timeoutMs: 45_000,
  moderation: true,
  pictures: true,
};
const LOCAL = {
  apiKeys: ['none'],
  baseUrl: 'http://localhost:11434/v1',
  api: 'chat',
  models: { large: 'llama', small: 'llama' },
  timeoutMs: 45_000,
  moderation: false,
  pictures: false,
};
const KEY = { OPENAI_API_KEY: 'sk-1' };
const SERVER = { OPENAI_BASE_URL: 'http://localhost:11434/v1', MODEL_LARGE: 'llama' };

const TOKEN = 'MTI3NTg0MjkxMDU4NDMyMDAwMA.GkQ2xY.b3V0b2ZhcmFuZG9tZ2VuZXJhdG9yMTIzNDU2Nzg5';
const DISCORD = {
  token: TOKEN,
  apiUrl: null,
  guildId: null,
  shards: null,
  messageContent: 'auto',
  requestsPerSecond: null,
};

const ONE_WORKSPACE = { SLACK_BOT_TOKEN: 'xoxb-1234567890-abc', SLACK_APP_TOKEN: 'xapp-1-A024BE91L-123' };
const MANY_WORKSPACES = {
  PUBLIC_URL: 'https://tutor.example/',
  SLACK_CLIENT_ID: '2141029472.691202649728',
  SLACK_CLIENT_SECRET: 'e1b9e11dfcd19c1982d5de12921e17e8',
  SLACK_ENCRYPTION_KEY: 'a-key-that-nobody-else-would-guess',
  SLACK_SIGNING_SECRET: '8f742231b10e8888abcd99yyyzzz85a5',
};
const SLACK = {
  botToken: 'xoxb-1234567890-abc',
  oauth: null,
  appToken: 'xapp-1-A024BE91L-123',
  signingSecret: null,
  apiUrl: null,
};
const OAUTH = {
  clientId: '2141029472.691202649728',
  clientSecret: 'e1b9e11dfcd19c1982d5de12921e17e8',
  encryptionKeys: ['a-key-that-nobody-else-would-guess'],
  publicUrl: 'https://tutor.example',
};
const SLACK_OF_MANY = { ...SLACK, botToken: null, oauth: OAUTH, appToken: null };
const PUBLIC = { ...DEFAULTS.web, publicUrl: 'https://tutor.example' };

function complaintsAbout(environment: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof SetupError) return error.sentences;
    throw error;
  }
}

test.each<[string, Record<string, string | undefined>, unknown]>([
  ['nothing', {}, DEFAULTS],
  ['variables of others', { PATH: '/bin', EDITOR: 'x' }, DEFAULTS],
  ['DATA_DIR', { DATA_DIR: '/var/lib/tutor' }, { ...DEFAULTS, dataDir: '/var/lib/tutor' }],
  ['a postgres URL', { DATABASE_URL: 'postgres://u:p@h:5/d' }, { ...DEFAULTS, databaseUrl: 'postgres://u:p@h:5/d' }],
  ['a postgresql URL', { DATABASE_URL: 'postgresql://h/d' }, { ...DEFAULTS, databaseUrl: 'postgresql://h/d' }],
  ['spaces around a value', { DATABASE_URL: ' postgres://h/d\n' }, { ...DEFAULTS, databaseUrl: 'postgres://h/d' }],
  ['two calls a turn', { TUTOR_MODE: 'separate' }, { ...DEFAULTS, separate: true }],
  [
    'budgets',
    { BUDGET_TURN_USD: '0.01', BUDGET_LESSON_USD: 'none', BUDGET_MONTH_USD: '20' },
    { ...DEFAULTS, budgets: { turn: 0.01, lesson: null, workspaceMonth: 20 } },
  ],
  ['Discord', { DISCORD_TOKEN: TOKEN }, { ...DEFAULTS, discord: DISCORD }],
  ['Discord without a token', { DISCORD_SHARDS: '0/1', DISCORD_MESSAGE_CONTENT: 'on' }, DEFAULTS],
  [
    'Discord through a proxy, for development',
    { DISCORD_TOKEN: TOKEN, DISCORD_API_URL: 'http://127.0.0.1:1234/api', DISCORD_GUILD_ID: '41771983423143937' },
    { ...DEFAULTS, discord: { ...DISCORD, apiUrl: 'http://127.0.0.1:1234/api', guildId: '41771983423143937' } },
  ],
  [
    'some shards of many',
    { DISCORD_TOKEN: TOKEN, DISCORD_SHARDS: '2-4/16', DISCORD_MESSAGE_CONTENT: 'off' },
    { ...DEFAULTS, discord: { ...DISCORD, shards: { ids: [2, 3, 4], count: 16 }, messageContent: 'off' } },
  ],
  [
    'one shard of many',
    { DISCORD_TOKEN: TOKEN, DISCORD_SHARDS: '15/16', DISCORD_REQUESTS_PER_SECOND: '5' },
    { ...DEFAULTS, discord: { ...DISCORD, shards: { ids: [15], count: 16 }, requestsPerSecond: 5 } },
  ],
  ['a public address', { PUBLIC_URL: 'https://tutor.example/' }, { ...DEFAULTS, web: PUBLIC }],
  [
    'speech by Google',
    { GOOGLE_APPLICATION_CREDENTIALS: '/etc/key.json', SPEECH_VOICE: 'en-US-Neural2-F' },
    { ...DEFAULTS, speech: { ...DEFAULTS.speech, engine: 'google', voice: 'en-US-Neural2-F' } },
  ],
  [
    'speech by Google on a machine of its own',
    { SPEECH_ENGINE: 'google' },
    { ...DEFAULTS, speech: { ...DEFAULTS.speech, engine: 'google', voice: null } },
  ],
  ...(
    [
      ['127.0.0.1:1234', { host: '127.0.0.1', port: 1234, plain: true }],
      ['localhost:1', { host: 'localhost', port: 1, plain: true }],
      ['[::1]:9', { host: '[::1]', port: 9, plain: true }],
      ['eu-texttospeech.googleapis.com', { host: 'eu-texttospeech.googleapis.com', port: 443, plain: false }],
      ['proxy.school.example:8443', { host: 'proxy.school.example', port: 8443, plain: false }],
      ['127.evil.example:80', { host: '127.evil.example', port: 80, plain: false }],
    ] as const
  ).map(([text, endpoint]): [string, Record<string, string>, Config] => [
    `speech at ${text}`,
    { GOOGLE_TTS_ENDPOINT: text },
    { ...DEFAULTS, speech: { ...DEFAULTS.speech, engine: 'google', endpoint } },
  ]),
  ...(['offline', 'off'] as const).map((engine): [string, Record<string, string>, Config] => [
    `speech that is ${engine} although there are credentials`,
    { SPEECH_ENGINE: engine, GOOGLE_APPLICATION_CREDENTIALS: '/etc/key.json' },
    { ...DEFAULTS, speech: { ...DEFAULTS.speech, engine } },
  ]),
  ['an address of Slack alone', { SLACK_API_URL: 'http://127.0.0.1:1/api' }, DEFAULTS],
  ['Slack in one workspace', ONE_WORKSPACE, { ...DEFAULTS, slack: SLACK }],
  [
    'Slack with both ways in, through a proxy',
    { ...ONE_WORKSPACE, SLACK_SIGNING_SECRET: 'signing_secret_1', SLACK_API_URL: 'http://127.0.0.1:1/api' },
    { ...DEFAULTS, slack: { ...SLACK, signingSecret: 'signing_secret_1', apiUrl: 'http://127.0.0.1:1/api/' } },
  ],
  [
    'Slack in many workspaces',
    MANY_WORKSPACES,
    { ...DEFAULTS, web: PUBLIC, slack: { ...SLACK_OF_MANY, signingSecret: '8f742231b10e8888abcd99yyyzzz85a5' } },
  ],
  [
    'Slack with a new key and an old one',
    {
      ...MANY_WORKSPACES,
      SLACK_SIGNING_SECRET: '',
      SLACK_APP_TOKEN: 'xapp-1-A024BE91L-123',
      SLACK_ENCRYPTION_KEY: `${'n'.repeat(32)}, ${'o'.repeat(32)},`,
    },
    {
      ...DEFAULTS,
      web: PUBLIC,
      slack: {
        ...SLACK_OF_MANY,
        appToken: 'xapp-1-A024BE91L-123',
        oauth: { ...OAUTH, encryptionKeys: ['n'.repeat(32), 'o'.repeat(32)] },
      },
    },
  ],
  [
    'moderation switched on',
    { ...SERVER, OPENAI_MODERATION: 'on' },
    { ...DEFAULTS, model: { ...LOCAL, moderation: true } },
  ],
  ['pictures switched on', { ...SERVER, MODEL_PICTURES: 'on' }, { ...DEFAULTS, model: { ...LOCAL, pictures: true } }],
  ['pictures switched off', { ...KEY, MODEL_PICTURES: 'off' }, { ...DEFAULTS, model: { ...OPENAI, pictures: false } }],
  [
    'a model that listens',
    { ...KEY, MODEL_TRANSCRIBE: 'whisper-1' },
    { ...DEFAULTS, model: OPENAI, transcribe: 'whisper-1' },
  ],
  ['one key', KEY, { ...DEFAULTS, model: OPENAI }],
  [
    'several keys',
    { OPENAI_API_KEY: 'sk-1, sk-2,,sk-3 ' },
    { ...DEFAULTS, model: { ...OPENAI, apiKeys: ['sk-1', 'sk-2', 'sk-3'] } },
  ],
  ['only commas for keys', { OPENAI_API_KEY: ' , ,' }, DEFAULTS],
  ['models without a key', { MODEL_LARGE: 'l', MODEL_SMALL: 's' }, DEFAULTS],
  [
    'other models',
    { ...KEY, MODEL_LARGE: 'l', MODEL_SMALL: 's' },
    { ...DEFAULTS, model: { ...OPENAI, models: { large: 'l', small: 's' } } },
  ],
  [
    'another large model',
    { ...KEY, MODEL_LARGE: 'l' },
    { ...DEFAULTS, model: { ...OPENAI, models: { large: 'l', small: 'gpt-4o-mini' } } },
  ],
  ['the chat API', { ...KEY, OPENAI_API: 'chat' }, { ...DEFAULTS, model: { ...OPENAI, api: 'chat' } }],
  ['a timeout', { ...KEY, MODEL_TIMEOUT_MS: '100' }, { ...DEFAULTS, model: { ...OPENAI, timeoutMs: 100 } }],
  [
    'the longest timeout',
    { ...KEY, MODEL_TIMEOUT_MS: '3600000' },
    { ...DEFAULTS, model: { ...OPENAI, timeoutMs: 3_600_000 } },
  ],
  ['a server of one’s own', SERVER, { ...DEFAULTS, model: LOCAL }],
  [
    'a server with a key, an API and a small model',
    { ...SERVER, ...KEY, OPENAI_API: 'responses', MODEL_SMALL: 's' },
    { ...DEFAULTS, model: { ...LOCAL, apiKeys: ['sk-1'], api: 'responses', models: { large: 'llama', small: 's' } } },
  ],
])('reads %s', (_, environment, config) => {
  expect(readConfig(environment)).toEqual(config);
});

test.each(['debug', 'info', 'warn', 'error', 'silent'])('reads the log level %s', (level) => {
  expect(readConfig({ LOG_LEVEL: level }).logLevel).toBe(level);
});

const VARIABLES = [
  ...['DATA_DIR', 'DATABASE_URL', 'OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_API'],
  ...['MODEL_LARGE', 'MODEL_SMALL', 'MODEL_TRANSCRIBE', 'MODEL_TIMEOUT_MS', 'LOG_LEVEL'],
  ...['DISCORD_TOKEN', 'DISCORD_API_URL', 'DISCORD_GUILD_ID', 'DISCORD_SHARDS', 'DISCORD_MESSAGE_CONTENT'],
  ...['DISCORD_REQUESTS_PER_SECOND', 'PUBLIC_URL', 'SLACK_BOT_TOKEN', 'SLACK_CLIENT_ID', 'SLACK_CLIENT_SECRET'],
  ...['SLACK_ENCRYPTION_KEY', 'SLACK_APP_TOKEN', 'SLACK_SIGNING_SECRET', 'SLACK_API_URL'],
  ...['SPEECH_ENGINE', 'SPEECH_VOICE', 'GOOGLE_APPLICATION_CREDENTIALS', 'GOOGLE_TTS_ENDPOINT'],
];

test.each(VARIABLES)('an empty %s counts as unset', (name) => {
  for (const value of ['', ' ', '\t\n', undefined]) expect(readConfig({ [name]: value })).toEqual(DEFAULTS);
});

const TIMEOUT = 'MODEL_TIMEOUT_MS must be a whole number of milliseconds from 100 to 3600000: correct it or unset it.';
const DATABASE = 'DATABASE_URL must be a postgres:// URL: correct it or unset it.';
const BASE_URL = 'OPENAI_BASE_URL must be an http(s) URL: correct it or unset it.';
const API = 'OPENAI_API must be "responses" or "chat": correct it or unset it.';
const LEVEL = 'LOG_LEVEL must be debug, info, warn, error or silent: correct it or unset it.';
const NO_EARS = 'MODEL_TRANSCRIBE needs a server: set OPENAI_API_KEY or OPENAI_BASE_URL, or unset it.';
const NO_MODEL = 'MODEL_LARGE is needed with OPENAI_BASE_URL: set it to the name of a model of that server.';

const PLACE = 'DISCORD_GUILD_ID must be the id of a server, 17 to 20 digits: correct it or unset it.';
const CONTENT = 'DISCORD_MESSAGE_CONTENT must be auto, on or off: correct it or unset it.';

test.each<[string, Record<string, string>, string[]]>([
  ['a server by its name', { DISCORD_GUILD_ID: 'my school' }, [PLACE]],
  ['an unknown way with message content', { DISCORD_MESSAGE_CONTENT: 'yes' }, [CONTENT]],
  ['another database', { DATABASE_URL: 'mysql://h/d' }, [DATABASE]],
  ['a database that is no URL', { DATABASE_URL: 'localhost:5432' }, [DATABASE]],
  ['a model that listens nowhere', { MODEL_TRANSCRIBE: 'whisper-1' }, [NO_EARS]],
  ['a base URL without http', { OPENAI_BASE_URL: 'localhost:1', MODEL_LARGE: 'l' }, [BASE_URL]],
  ['a base URL without a model', { OPENAI_BASE_URL: 'http://h' }, [NO_MODEL]],
  ['a base URL with an empty model', { OPENAI_BASE_URL: 'http://h', MODEL_LARGE: ' ' }, [NO_MODEL]],
  ['an unknown API', { OPENAI_API: 'assistants' }, [API]],
  ['an unknown log level', { LOG_LEVEL: 'loud' }, [LEVEL]],
  ['a timeout in words', { MODEL_TIMEOUT_MS: 'soon' }, [TIMEOUT]],
  ['a timeout with a unit', { MODEL_TIMEOUT_MS: '45s' }, [TIMEOUT]],
  ['a short timeout', { MODEL_TIMEOUT_MS: '99' }, [TIMEOUT]],
  ['a timeout in parts', { MODEL_TIMEOUT_MS: '0.5' }, [TIMEOUT]],
  ['a timeout that no timer can hold', { MODEL_TIMEOUT_MS: '9999999999' }, [TIMEOUT]],
  ['an infinite timeout', { MODEL_TIMEOUT_MS: 'Infinity' }, [TIMEOUT]],
  [
    'everything at once',
    { DATABASE_URL: 'x', OPENAI_BASE_URL: 'y', OPENAI_API: 'z', MODEL_TIMEOUT_MS: '-1', LOG_LEVEL: 'loud' },
    [DATABASE, BASE_URL, API, TIMEOUT, LEVEL, NO_MODEL],
  ],
])('refuses %s', (_, environment, sentences) => {
  expect(complaintsAbout(environment)).toEqual(sentences);
});

test.each([
  ...['your-token-here', 'YOUR.TOKEN.HERE', 'xxx', TOKEN.replace('.', ''), `Bot ${TOKEN}`, `${TOKEN}.x`, '..'],
])('refuses %j as a token', (token) => {
  expect(complaintsAbout({ DISCORD_TOKEN: token })).toEqual([
    'DISCORD_TOKEN must be the token of your application’s Bot page, three parts with dots between them: correct it or unset it.',
  ]);
});

test.each([
  ...['5', '0-3', '0-3/', '/16', '3-0/16', '16/16', '0-16/16', '0/0', '-1/4', '0,1/4', '1.5/4', '0-99999999/100000000'],
])('refuses %j as shards', (shards) => {
  expect(complaintsAbout({ DISCORD_TOKEN: TOKEN, DISCORD_SHARDS: shards })).toEqual([
    'DISCORD_SHARDS must be like "0-3/16" or "5/16", the shards of this process (from 0) and how many there are: correct it or unset it.',
  ]);
});

test.each([
  ['SPEECH_ENGINE', 'loud', 'must be auto, google, offline or off'],
  ['SPEECH_VOICE', 'Kore!', 'must be the name of a voice, which begins with its language, as in en-US-Neural2-F'],
  ...['https://tts.example', 'tts.example/v1', 'tts.example:0', 'tts.example:65536', ':80', 'me@tts.example:80'].map(
    (endpoint) => [
      'GOOGLE_TTS_ENDPOINT',
      endpoint,
      'must be like "eu-texttospeech.googleapis.com" or "127.0.0.1:1234", a host without https://',
    ],
  ),
])('of speech, refuses %s like %j', (name, value, form) => {
  expect(complaintsAbout({ [name]: value })).toEqual([`${name} ${form}: correct it or unset it.`]);
});

const WAY_IN = 'Slack’s events have no way in: set SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP).';
const NO_TOKEN =
  'Slack needs a token: set SLACK_BOT_TOKEN for one workspace, or SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and SLACK_ENCRYPTION_KEY for many.';
const NO_PUBLIC_URL = 'PUBLIC_URL is needed to install the app in Slack: set it to where browsers reach this server.';
const togetherWith = (names: string) =>
  `SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and SLACK_ENCRYPTION_KEY belong together: set ${names} too.`;

test.each<[string, Record<string, string>, string[]]>([
  ['an app token alone', { SLACK_APP_TOKEN: ONE_WORKSPACE.SLACK_APP_TOKEN }, [NO_TOKEN]],
  ['a signing secret alone', { SLACK_SIGNING_SECRET: MANY_WORKSPACES.SLACK_SIGNING_SECRET }, [NO_TOKEN]],
  ['a bot token alone', { SLACK_BOT_TOKEN: ONE_WORKSPACE.SLACK_BOT_TOKEN }, [WAY_IN]],
  [
    'a client id alone',
    { SLACK_CLIENT_ID: '1.2' },
    [togetherWith('SLACK_CLIENT_SECRET and SLACK_ENCRYPTION_KEY'), NO_PUBLIC_URL, WAY_IN],
  ],
  [
    'many workspaces without a key',
    { ...MANY_WORKSPACES, SLACK_ENCRYPTION_KEY: '' },
    [togetherWith('SLACK_ENCRYPTION_KEY')],
  ],
  ['many workspaces without an address', { ...MANY_WORKSPACES, PUBLIC_URL: '' }, [NO_PUBLIC_URL]],
  ['many workspaces without a way in', { ...MANY_WORKSPACES, SLACK_SIGNING_SECRET: '' }, [WAY_IN]],
  [
    'one workspace and many',
    { ...MANY_WORKSPACES, ...ONE_WORKSPACE },
    ['SLACK_BOT_TOKEN is for one workspace, SLACK_CLIENT_ID for many: unset one of the two.'],
  ],
  [
    'one workspace and a key',
    { ...ONE_WORKSPACE, SLACK_ENCRYPTION_KEY: 'k'.repeat(32) },
    ['SLACK_BOT_TOKEN is for one workspace, SLACK_ENCRYPTION_KEY for many: unset one of the two.'],
  ],
])('of Slack, refuses %s', (_, environment, sentences) => {
  expect(complaintsAbout(environment)).toEqual(sentences);
});

const BOT_TOKEN = 'must be the bot token of your app’s OAuth page, which begins with xoxb-';
const APP_TOKEN = 'must be an app-level token of your app’s Basic Information page, which begins with xapp-';
const SIGNING_SECRET = 'must be the signing secret of your app’s Basic Information page';
const KEYS = 'must be one key or several with commas between them, each of at least 32 characters';

test.each([
  ['SLACK_BOT_TOKEN', 'xoxp-1234567890-abc', BOT_TOKEN],
  ['SLACK_BOT_TOKEN', 'Bearer xoxb-1234567890-abc', BOT_TOKEN],
  ['SLACK_BOT_TOKEN', 'xoxb-token', BOT_TOKEN],
  ['SLACK_APP_TOKEN', 'xoxb-1234567890-abc', APP_TOKEN],
  ['SLACK_SIGNING_SECRET', 'too_short', SIGNING_SECRET],
  ['SLACK_SIGNING_SECRET', 'with spaces in its middle', SIGNING_SECRET],
  ['SLACK_ENCRYPTION_KEY', 'k'.repeat(31), KEYS],
  ['SLACK_ENCRYPTION_KEY', `${'k'.repeat(32)},short`, KEYS],
  ['SLACK_ENCRYPTION_KEY', ' , ,', KEYS],
  ['SLACK_API_URL', 'slack.com/api', 'must be an http(s) URL'],
  ['PUBLIC_URL', 'tutor.example', 'must be an http(s) URL'],
])('refuses %s like %j', (name, value, form) => {
  const others = name === 'SLACK_ENCRYPTION_KEY' ? MANY_WORKSPACES : ONE_WORKSPACE;
  expect(complaintsAbout({ ...others, [name]: value })).toEqual([`${name} ${form}: correct it or unset it.`]);
});

test('no sentence repeats a value', () => {
  const secret = 'hunter2-s3cr3t';
  const names = VARIABLES.filter((name) => name !== 'MODEL_LARGE');
  const sentences = complaintsAbout(
    Object.fromEntries(names.map((name) => [name, `mysql://me:${secret}@h/${secret}`])),
  );
  expect(sentences).toHaveLength(21);
  expect(sentences.filter((sentence) => sentence.includes(secret) || sentence.includes('mysql'))).toEqual([]);
});

test('the configuration is frozen, inside too', () => {
  const isFrozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every((inner) => isFrozen(inner)));
  expect(isFrozen(readConfig({}))).toBe(true);
  expect(isFrozen(readConfig(KEY))).toBe(true);
  expect(isFrozen(readConfig(SERVER))).toBe(true);
  expect(isFrozen(readConfig({ DISCORD_TOKEN: TOKEN, DISCORD_SHARDS: '0-1/2' }))).toBe(true);
  expect(isFrozen(readConfig(ONE_WORKSPACE))).toBe(true);
  expect(isFrozen(readConfig({ GOOGLE_TTS_ENDPOINT: '127.0.0.1:1' }))).toBe(true);
  expect(isFrozen(readConfig(MANY_WORKSPACES))).toBe(true);
});

test('the environment is not changed', () => {
  const environment = Object.freeze({ DATA_DIR: ' x ', OPENAI_API_KEY: '' });
  readConfig(environment);
  expect(environment).toEqual({ DATA_DIR: ' x ', OPENAI_API_KEY: '' });
});
