import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { PATIENT_MS } from '../support/discord.ts';
import { answerTo } from '../support/discord-lesson.ts';
import { makeDataDir, startProgram } from '../support/program.ts';
import { startDiscordTwin } from '../twins/discord/twin.ts';

/** The program sells in Discord: one process hears of it, and another one tells of it. */

const database = useDatabase();
const SKU = '1088510058284990801';

const limits = (lessons: number) =>
  `{ lessonsPerMonth: ${lessons}, turnsPerLesson: null, lessonsAtOnce: null, model: large, voiceMinutesPerMonth: 0, codeRunsPerMonth: 0, materials: 0 }`;
const PLANS = `
graceDays: 7
plans:
  - { id: free, title: Free, limits: ${limits(1)} }
  - { id: premium, title: Premium, limits: ${limits(10)}, discord: { skus: ['${SKU}'] } }
`;

test('what a server buys in Discord counts in every process, and its admins are told', async () => {
  const token = `${'a'.repeat(24)}.${'b'.repeat(6)}.${'c'.repeat(38)}`;
  const twin = await startDiscordTwin({ token, acknowledgeMs: PATIENT_MS });
  onTestFinished(() => twin.close());
  const dataDir = await makeDataDir();
  const plans = join(dataDir, 'plans.yaml');
  await writeFile(plans, PLANS);
  const discord = { DISCORD_TOKEN: token, DISCORD_API_URL: twin.url };
  const env = { DATABASE_URL: database.url, DATA_DIR: dataDir, PLANS_FILE: plans, ...discord };
  const guild = twin.addGuild({ name: 'School' });
  const channel = guild.addChannel({ name: 'maths' });
  const mia = guild.addMember({ name: 'Mia', permissions: PermissionFlagsBits.Administrator });
  guild.transferTo(mia);
  const sku = twin.premium.sku({ name: 'Premium', id: SKU });

  const programs = ['bot', 'worker'].map((role) => startProgram([role], env));
  for (const program of programs) {
    await until(() => program.stdout().includes('"started"') || program.child.exitCode !== null);
    expect(program.child.exitCode, program.stderr()).toBeNull();
    expect(program.stderr()).toMatch(/^ {2}billing +Free, Premium: Discord Premium Apps$/m);
  }
  twin.premium.subscribe(guild, sku);
  await until(() => twin.messages(mia.dm().id).length > 0);
  expect(twin.messages(mia.dm().id).map(({ content }) => content)).toEqual([
    expect.stringMatching(/^\*\*School\*\*: Premium is on from now\. Thank you!/),
  ]);
  const card = mia.runs(channel, 'tutor-admin billing');
  expect(await answerTo(card)).toContain('### Plan: Premium');
  for (const program of programs) program.signal('SIGTERM');
  for (const program of programs) expect(await program.exit, program.stderr()).toBe(0);
  expect(twin.violations).toEqual([]);
}, 60_000);
