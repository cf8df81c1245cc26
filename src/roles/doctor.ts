import { join } from 'node:path';
import { sql } from 'kysely';
import type { Finding } from '../bots/finding.ts';
import { SHARED_QUEUE } from '../bots/queue.ts';
import type { SlackConfig } from '../config/slack.ts';
import type { Config, DiscordConfig } from '../config.ts';
import type { Speech } from '../core/ports.ts';
import { voicesFor } from '../core/voices.ts';
import { missingMigrations, openDatabase } from '../db/database.ts';
import { errorMessage } from '../errors.ts';
import { openLessonQueues } from '../jobs/lesson-queue.ts';
import { type Base, openSpeech, queueBackend } from './parts.ts';

const MIGRATIONS = join(import.meta.dirname, '../../migrations');
/** Somebody waits for the report: Discord is given this long, and no second try. */
const DISCORD_MS = 10_000;

/** Prints what is configured, whether it works, and what to do where it does not; false if anything does not. */
export async function doctor(base: Base, print: (line: string) => void): Promise<boolean> {
  const { config } = base;
  const parts: [string, Finding[]][] = [
    ['database', [await examineDatabase(base)]],
    ['queue', [await examineQueue(base)]],
    ['tutor', [model(config)]],
    ['speech', [await examineSpeech(config)]],
    ['listening', [hearing(config)]],
    ['chat', [webhook(config)]],
    ['web', [web(config)]],
    ['discord', config.discord ? await examineDiscord(config.discord) : [NO_DISCORD]],
    ['slack', config.slack ? await examineSlack(base, config.slack) : [NO_SLACK]],
    ['stripe', await examineStripe(config)],
  ];
  print('Threadtutor');
  for (const [part, findings] of parts) {
    for (const { ok, what, fix } of findings) {
      print(`  ${ok ? '✓' : '✗'} ${part.padEnd(10)}${what}`);
      if (fix) print(`${' '.repeat(14)}${fix}`);
    }
  }
  const wrong = parts.flatMap(([, findings]) => findings).filter(({ ok }) => !ok).length;
  print(wrong === 0 ? '\nAll is well.' : `\n${wrong === 1 ? 'One thing is' : `${wrong} things are`} to be put right.`);
  return wrong === 0;
}

async function examineDatabase({ config, databaseUrl }: Base): Promise<Finding> {
  const { db, close } = openDatabase(databaseUrl, () => {}, { maxConnections: 1 });
  try {
    const { rows } = await sql<{ version: string }>`select current_setting('server_version') as version`.execute(db);
    const place = config.databaseUrl ? 'yours (DATABASE_URL)' : `embedded in ${config.dataDir}`;
    const what = `Postgres ${rows[0]?.version}, ${place}`;
    const { length: missing } = await missingMigrations(db, MIGRATIONS);
    if (missing === 0) return { ok: true, what: `${what}; its tables are up to date.` };
    return { ok: true, what: `${what}.`, fix: `The next start brings its tables up to date (migrations: ${missing}).` };
  } finally {
    await close();
  }
}

async function examineQueue(base: Base): Promise<Finding> {
  const queues = openLessonQueues(queueBackend(base), base.log);
  const place = base.config.redisUrl ? 'Redis (REDIS_URL)' : 'the same database';
  try {
    const { waiting, prioritized } = await queues.depth(SHARED_QUEUE);
    return { ok: true, what: `BullMQ on ${place}; ${waiting + prioritized} nudges wait.` };
  } catch (error) {
    const fix = base.config.redisUrl ? 'Start Redis, or correct or unset REDIS_URL.' : 'The log above has the details.';
    return { ok: false, what: `BullMQ on ${place}: ${errorMessage(error)}.`, fix };
  } finally {
    await queues.close();
  }
}

/** Not called: a call has its price. */
function model({ model }: Config): Finding {
  if (!model) return { ok: true, what: 'Offline: teaches the bundled courses.' };
  const { large, small } = model.models;
  return {
    ok: true,
    what: `${large} and ${small} at ${model.baseUrl ? new URL(model.baseUrl).host : 'OpenAI'} (not called).`,
  };
}

/** Not called either. */
function hearing({ transcribe }: Config): Finding {
  if (transcribe !== null) return { ok: true, what: `${transcribe} understands recordings (not called).` };
  return { ok: true, what: 'Off: only text is read.', fix: 'MODEL_TRANSCRIBE switches it on, with a model.' };
}

/** The voice of this machine is looked for; Google is not called with words, for those have a price. */
async function examineSpeech(config: Config): Promise<Finding> {
  const speech = await openSpeech(config);
  if (!speech) return { ok: true, what: 'Off (SPEECH_ENGINE).' };
  try {
    const [voice, voices] = await Promise.all([speech.voiceFor('en-US', null), speech.voices('en-US')]);
    const who = config.speech.engine === 'google' ? 'Google Text-to-Speech' : 'espeak-ng, on this machine';
    const wrong = config.speech.voice && voices.length > 0 ? await unknownVoice(speech, config.speech.voice) : null;
    if (wrong) return { ok: false, what: `${who}: ${wrong}`, fix: 'Correct or unset SPEECH_VOICE.' };
    if (voice && voices.length > 0) return { ok: true, what: `${who}; English is spoken by ${voice}.` };
    const fix =
      config.speech.engine === 'google'
        ? 'Check GOOGLE_APPLICATION_CREDENTIALS and GOOGLE_TTS_ENDPOINT, or set SPEECH_ENGINE=offline.'
        : 'Install espeak-ng, or the optional packages (npm ci), or set SPEECH_ENGINE=off.';
    return { ok: false, what: `${who}: it does not answer.`, fix };
  } finally {
    await speech.close();
  }
}

/** Null: there is such a voice, or its language is not spoken, and then nobody asks for it. */
async function unknownVoice(speech: Speech, wanted: string): Promise<string | null> {
  const voices = await voicesFor(speech, wanted);
  if (voices.length === 0 || voices.includes(wanted)) return null;
  return `it has no voice ${wanted}; it has ${voices.slice(0, 3).join(', ')}.`;
}

function webhook({ webhook }: Config): Finding {
  return {
    ok: true,
    what: webhook ? `A chat of yours, over HTTP: replies go to ${new URL(webhook.url).host}.` : 'None over HTTP.',
  };
}

function web({ web: { host, port } }: Config): Finding {
  return { ok: true, what: port ? `http://${host}:${port}, when a role runs.` : 'PORT is not set.' };
}

const NO_DISCORD: Finding = { ok: true, what: 'Off.', fix: 'DISCORD_TOKEN switches it on.' };

const NO_SLACK: Finding = { ok: true, what: 'Off.', fix: 'SLACK_BOT_TOKEN and SLACK_APP_TOKEN switch it on.' };

async function examineSlack({ log }: Base, config: SlackConfig): Promise<Finding[]> {
  const { examine } = await import('../bots/slack/connection/doctor.ts');
  return examine(config, log);
}

const NO_STRIPE: Finding = {
  ok: true,
  what: 'Off: nothing is sold by card.',
  fix: 'STRIPE_SECRET_KEY switches it on.',
};

async function examineStripe({ billing, web: { publicUrl } }: Config): Promise<Finding[]> {
  if (!billing.stripe) return [NO_STRIPE];
  const { examineBilling } = await import('./stripe-doctor.ts');
  return examineBilling(billing, billing.stripe, publicUrl);
}

async function examineDiscord(config: DiscordConfig): Promise<Finding[]> {
  const [{ REST }, { examine }] = await Promise.all([
    import('@discordjs/rest'),
    import('../bots/discord/connection/doctor.ts'),
  ]);
  const rest = new REST({ timeout: DISCORD_MS, retries: 0, ...(config.apiUrl && { api: config.apiUrl }) });
  return examine(rest.setToken(config.token), config);
}
