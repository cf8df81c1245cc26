import type { ShownMessage } from '../test/twins/slack/shown.ts';
import type { Accepted } from './audit.ts';
import { attend, type Interactions, type Lessons, type School, waitFor } from './learners.ts';
import { isCutShort } from './model.ts';
import { deskFor, type SlackPlace, spokenIn, wordsOf } from './slack-desk.ts';
import type { SlackStage } from './slack-stage.ts';
import { openTold, type Retries } from './slack-told.ts';
import { tokensIn } from './tokens.ts';

/**
 * Learners on the twin of Slack. What they type counts as accepted when it was acknowledged to Slack, which tells it
 * again until then; they wait for that before they type on. A command, a press or a form that nobody acknowledges fails
 * before their eyes, and they try again.
 */

export interface SlackSchool extends School {
  retries(): Retries;
}

const CHANNELS = 10;
const LEARNERS_PER_LESSONS = 0.8;
/** For what was acknowledged just before everybody went home. */
const KEPT_MS = 60_000;

export function openSlackSchool({ twin, team }: SlackStage, lessons: Lessons): SlackSchool {
  const accepted: Accepted[] = [];
  const complaints: string[] = [];
  const interactions: Interactions = { acknowledged: 0, failed: 0 };
  const promised: { what: string; isKept(): boolean }[] = [];
  const places: SlackPlace[] = [];
  const told = openTold(twin);
  const deps = { twin, told, dice: lessons.dice, accepted, interactions, promised, places };
  const channels = Array.from({ length: CHANNELS }, (_, index) =>
    team.addChannel({ name: `tutoring-${index}`, botIsMember: true }),
  );
  const many = lessons.lessons.length;
  const learners = Array.from({ length: Math.ceil(many * LEARNERS_PER_LESSONS) }, (_, index) => {
    const person = team.addMember({ name: `Learner ${index}` });
    for (const channel of channels) channel.invite(person);
    return person;
  });
  const desk = (lesson: number, goingHome: AbortSignal) => {
    const index = lessons.lessons.indexOf(lesson);
    const person = learners[index % learners.length];
    const channel = channels[index % CHANNELS];
    if (!person || !channel) throw new Error('there is no seat');
    // Of two windows before somebody's eyes, only one can be filled in.
    const hasOneLesson = index < learners.length && index + learners.length >= many;
    return deskFor(deps, { person, channel, lesson, hasOneLesson, goingHome });
  };
  const { goHome } = attend(lessons, desk, (sentence) => void complaints.push(sentence));
  const notKept = () => promised.filter(({ isKept }) => !isKept());
  return {
    ...{ accepted, interactions, retries: told.retries },
    async goHome() {
      await goHome();
      await waitFor(() => notKept().length === 0, new AbortController().signal, KEPT_MS);
    },
    shown: () =>
      places.flatMap((place) =>
        spokenIn(twin, place).map((message) => {
          const words = wordsOf(message);
          return { thread: place.thread, delivery: message.ts, at: Number(message.ts) * 1000, tokens: tokensIn(words) };
        }),
      ),
    complaints: () => [
      ...complaints,
      ...twin.violations,
      ...notKept().map(({ what }) => `${what} was acknowledged and not answered`),
      ...places.flatMap((place) =>
        spokenIn(twin, place)
          .filter(isLeftInPart)
          .map((message) => `left in part in ${place.thread}: ${wordsOf(message).slice(0, 60)}`),
      ),
    ],
  };
}

function isLeftInPart(message: ShownMessage): boolean {
  return message.isStreaming || isCutShort(wordsOf(message));
}
