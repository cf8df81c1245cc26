import { ChannelType } from 'discord-api-types/v10';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../support/classroom.ts';
import { useDatabase } from '../../support/database.ts';
import { PATIENT_MS } from '../../support/discord.ts';
import { beginLesson, botListens } from '../../support/discord-deliveries.ts';
import { answerTo } from '../../support/discord-lesson.ts';
import { listening } from '../../support/narration.ts';
import { makeDataDir, type Program, startProgram } from '../../support/program.ts';
import { SPELLED, type Spelled, spelledIn } from '../../support/spelled.ts';
import { twinTutor } from '../../support/twin-tutor.ts';
import { startDiscordTwin } from '../../twins/discord/twin.ts';
import { startGoogleTts } from '../../twins/google-tts/twin.ts';
import { startOpenAiTwin } from '../../twins/openai.ts';

/** The program itself in a voice channel, in one process or in several, and killed with -9 while it speaks. */

const database = useDatabase();
const TOKEN = `${'a'.repeat(24)}.${'b'.repeat(6)}.${'c'.repeat(27)}`;

async function open(roles: readonly string[]) {
  // Each test has a twin, whose first server has the same id.
  await database.db.deleteFrom('narrations').execute();
  const [twin, model, google] = await Promise.all([
    startDiscordTwin({ token: TOKEN, acknowledgeMs: PATIENT_MS }),
    startOpenAiTwin(),
    startGoogleTts(),
  ]);
  model.respond((request) => {
    const answer = twinTutor(request);
    if (request.agent !== 'executor' && request.agent !== 'teacher') return answer;
    const isQuestion = /<learner_reply>\nwhy/.test(request.user);
    return isQuestion ? { json: { ...answer.json, message: SPELLED.join(' ') }, chunkSize: 16 } : answer;
  });
  const env = {
    ...{ DATABASE_URL: database.url, DATA_DIR: await makeDataDir(), DISCORD_TOKEN: TOKEN, DISCORD_API_URL: twin.url },
    ...{ OPENAI_BASE_URL: model.url, OPENAI_API_KEY: 'sk-test', OPENAI_API: 'responses', MODEL_LARGE: 'gpt-4o' },
    GOOGLE_TTS_ENDPOINT: `${google.endpoint.host}:${google.endpoint.port}`,
    NODE_EXTRA_CA_CERTS: twin.voice.certificateFile(),
  };
  const programs = new Map<string, Program>();
  const start = (role: string) => void programs.set(role, startProgram([role], env));
  for (const role of roles) start(role);
  onTestFinished(async () => {
    for (const program of programs.values()) program.signal('SIGKILL');
    await Promise.all([...programs.values()].map(({ exit }) => exit));
    await Promise.all([twin.close(), model.close(), google.close()]);
    expect(twin.violations).toEqual([]);
  });
  await botListens(twin, [...programs.values()]);
  const lesson = await beginLesson({ twin, db: database.db });
  const room = lesson.guild.addChannel({ name: 'Room', type: ChannelType.GuildVoice });
  lesson.ada.joinsVoice(room);
  const answer = await answerTo(lesson.ada.runs(lesson.thread, 'tutor voice', { speak: 'join' }));
  expect(answer).toContain('I am with you');
  const listen = listening(({ id }) => spelledIn(twin.voice.heardBy({ id }).frames));
  const heard = (): Spelled[] => listen(lesson.ada);
  return {
    ...{ twin, lesson, room, heard },
    async restart(role: string) {
      programs.get(role)?.signal('SIGKILL');
      await programs.get(role)?.exit;
      start(role);
    },
    stderr: () => [...programs.values()].map((program) => program.stderr()).join('\n'),
  };
}

test.each<[string, readonly string[], string]>([
  ['the only process', ['all'], 'all'],
  ['the process that speaks, while another one answers', ['bot', 'worker'], 'bot'],
])(
  'after %s was killed, the rest is said, and nothing twice but what was cut',
  async (_, roles, victim) => {
    const { lesson, heard, restart, twin, room, stderr } = await open(roles);
    const { ada, thread, settle } = lesson;
    ada.says(thread, 'why?');
    await until(() => heard().some(({ text, isWhole }) => text === SPELLED[0] && isWhole)).catch(() => {
      throw new Error(`${JSON.stringify(heard())}\n${stderr()}`);
    });
    await until(() => heard().some(({ text }) => text === SPELLED[1])).catch(() => {});
    await restart(victim);
    await until(() => heard().some(({ text, isWhole }) => text === SPELLED[3] && isWhole)).catch(() => {
      throw new Error(`${JSON.stringify(heard())}\n${stderr()}`);
    });
    const whole = heard().filter(({ isWhole }) => isWhole);
    expect(whole.map(({ text }) => text)).toEqual(SPELLED);
    // What was cut is said again, and nothing that came before it.
    const order = heard().map(({ text }) => SPELLED.indexOf(text));
    expect(order).toEqual(order.toSorted());
    await settle();
    const replies = lesson.replies().filter(({ content }) => content.includes(SPELLED[0] ?? ''));
    expect(replies).toHaveLength(1);
    expect(replies[0]?.content).toContain(SPELLED[3]);
    // Leaves with its last listener, wherever that is heard.
    ada.leavesVoice();
    await until(() => !twin.voice.memberIds(room).includes(twin.botId));
  },
  120_000,
);
