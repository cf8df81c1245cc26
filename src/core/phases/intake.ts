import { intakeAgent } from '../agents/intake.ts';
import { CHARACTERS } from '../characters.ts';
import { isApproval, parseCommand } from '../commands.ts';
import { matchTopic, type Pack } from '../curriculum.ts';
import { chosenOption } from '../grading.ts';
import { applyEvent, applyEvents, type IntakeField, type LessonState, type Preferences } from '../lesson.ts';
import { recall } from '../memory.ts';
import { type AskedQuestion, reply } from '../messages.ts';
import { normalise } from '../text.ts';
import { openForQuestions } from './answering.ts';
import { makePlan } from './approving.ts';
import { draft, type PhaseResult, prefixed, type TurnContext } from './turn.ts';

/**
 * Finds out what the learner wants with at most three questions: topic, way of working, tutor's character. What the
 * start command gave is not asked; with a topic given, nothing is. "Just start" takes the defaults for the rest.
 */
export async function takeIn(ctx: TurnContext, state: LessonState): Promise<PhaseResult> {
  if (ctx.start) return begin(ctx, state);
  const asked = state.intakeAsked.at(-1) ?? null;
  const wantsToStart = isApproval(ctx.text) || /\bjust start\b/i.test(ctx.text);
  if (wantsToStart && state.preferences.topic) return finish(ctx, state);
  const chosen = asked && choiceFor(asked, ctx);
  if (chosen) return proceed(ctx, withWishes(ctx, state, chosen));
  if (ctx.action?.type === 'choice') return askNext(ctx, state, 'That question is behind us.');
  const isTalk = asked === 'topic' && (wantsToStart || parseCommand(ctx.text) !== null || NO_TOPIC.test(ctx.text));
  if (isTalk || wantsToStart) return askNext(ctx, state, isTalk ? 'Pick one, or name it in your own words.' : '');
  if (asked === 'character' && parseCommand(ctx.text) !== null) return proceed(ctx, state);
  const result = await ctx.ask('intake', intakeAgent, {
    text: ctx.text,
    known: state.preferences,
    asked,
    pictures: ctx.pictures,
    packs: ctx.curriculum.packs,
  });
  if (!result.ok && result.reason !== 'invalid_output' && result.reason !== 'refused') return result;
  const wishes = result.ok ? result.output : asked === 'topic' ? { topic: ctx.text.slice(0, 80) } : {};
  return proceed(ctx, withWishes(ctx, state, wishes));
}

/** Said to the question for a topic, but naming none. */
const NO_TOPIC =
  /^\W*(?:hi|hello|hey|hm+|idk|dunno|(?:i )?do(?:n'?| no)?t know|not sure|no idea|any(?:thing)?|something|surprise me|you (?:choose|decide|pick)|what (?:can|do) you (?:teach|know|offer)|what(?:'s| is) there|yo|sup|thanks|no|nothing)(?: (?:there|again|really|fun|cool|interesting|else|for me|me))?\W*$/i;

async function begin(ctx: TurnContext, fresh: LessonState): Promise<PhaseResult> {
  const { preferences, remembered, voice } = recall(await ctx.memory());
  const { topic, mode, character, level, autostart, defaults = {} } = ctx.start ?? {};
  const state = applyEvents(fresh, [
    { type: 'remembered', preferences, defaults, misconceptions: remembered },
    { type: 'voice_switched', on: voice && ctx.speech !== null },
  ]);
  const given = { topic: topic ?? null, mode: mode ?? null, character: character ?? null, level: level ?? null };
  const started = applyEvent(withWishes(ctx, state, given), {
    type: 'preferences_given',
    preferences: {},
    autostart: autostart ?? false,
  });
  if (topic && started.preferences.topic) return finish(ctx, started);
  if (topic) return cannotTeach(ctx, started, topic);
  if (ctx.text === '') return askNext(ctx, started, GREETING);
  // Who begins by writing answers the first question before it is asked.
  const asked = applyEvent(started, { type: 'intake_asked', field: 'topic' });
  return prefixed(await takeIn({ ...ctx, start: null }, asked), GREETING);
}

const GREETING =
  "Hello! I'm your tutor. I make a short plan with you, teach it step by step, check what stuck, and keep to it however often we wander off.";

/** Preferences as they can be kept: a topic is kept only when it can be taught. */
function withWishes(ctx: TurnContext, state: LessonState, wishes: Partial<Preferences>): LessonState {
  const { topic, ...others } = wishes;
  const given = applyEvent(state, { type: 'preferences_given', preferences: others });
  if (!topic) return given;
  const pack = packFor(ctx, topic);
  if (!pack && !ctx.teachesAnyTopic) return given;
  return applyEvent(given, {
    type: 'preferences_given',
    preferences: { topic: pack?.title ?? topic, level: given.preferences.level ?? pack?.level ?? null },
    packId: pack?.id ?? null,
  });
}

function packFor(ctx: TurnContext, topic: string): Pack | null {
  const best = matchTopic(ctx.curriculum, topic)[0];
  return best && best.score >= (ctx.teachesAnyTopic ? 0.95 : 0.6) ? best.pack : null;
}

function proceed(ctx: TurnContext, state: LessonState): Promise<PhaseResult> | PhaseResult {
  const asked = state.intakeAsked.at(-1) ?? null;
  if (!state.preferences.topic && asked === 'topic') return cannotTeach(ctx, state, ctx.text);
  return missingField(state) ? askNext(ctx, state) : finish(ctx, state);
}

const FIELDS: readonly IntakeField[] = ['topic', 'mode', 'character'];

/** The next field to ask for: the topic until it is known, the others once at most. */
function missingField(state: LessonState): IntakeField | null {
  const open = FIELDS.filter((field) => state.preferences[field] === null);
  return open.find((field) => field === 'topic' || !state.intakeAsked.includes(field)) ?? null;
}

function askNext(ctx: TurnContext, state: LessonState, before = ''): Promise<PhaseResult> | PhaseResult {
  const field = missingField(state);
  if (!field) return finish(ctx, state);
  const question = questionFor(field, ctx);
  const text = [before, field === 'topic' ? '' : 'Say **just start** to skip my questions.']
    .filter(Boolean)
    .join('\n\n');
  return draft(applyEvent(state, { type: 'intake_asked', field }), reply('message', text, { question }), [
    { type: 'intake', data: { asked: field } },
  ]);
}

function finish(ctx: TurnContext, state: LessonState): Promise<PhaseResult> | PhaseResult {
  const done = applyEvents(state, [{ type: 'intake_finished' }]);
  return done.phase === 'answering' ? openForQuestions(done) : makePlan(ctx, done, { kind: 'new' });
}

function cannotTeach(ctx: TurnContext, state: LessonState, wanted: string): PhaseResult {
  const near = matchTopic(ctx.curriculum, wanted).map((match) => match.pack);
  const said = wanted.trim().slice(0, 60).replace(/\s+/g, ' ');
  const text = near.length
    ? `I can't teach "${said}" as it stands, but this comes near it:`
    : `I can't teach "${said}": I'm the offline tutor and know these topics well. (With a model configured I teach anything.)`;
  const packs = near.length ? near : ctx.curriculum.packs;
  return draft(
    applyEvent(state, { type: 'intake_asked', field: 'topic' }),
    reply('message', text, { question: topicQuestion(packs) }),
    [{ type: 'intake', data: { unknownTopic: said, near: near.map((pack) => pack.id) } }],
  );
}

function questionFor(field: IntakeField, ctx: TurnContext): AskedQuestion {
  switch (field) {
    case 'topic':
      return topicQuestion(ctx.curriculum.packs);
    case 'mode':
      return choiceQuestion(field, 'How shall we work?', [
        'A planned course: I explain, you answer, we keep to a plan',
        'Questions only: you ask, I answer',
      ]);
    case 'character':
      return choiceQuestion(
        field,
        'Which tutor would you like? Pick one or describe your own; add your level or age if you like.',
        CHARACTERS.map(({ label }) => label),
      );
    default:
      return field satisfies never;
  }
}

function topicQuestion(packs: readonly Pack[]): AskedQuestion {
  return choiceQuestion(
    'topic',
    'What would you like to learn?',
    packs.slice(0, 10).map((pack) => pack.title),
  );
}

function choiceQuestion(field: IntakeField, prompt: string, labels: readonly string[]): AskedQuestion {
  const choices = labels.map((text, index) => ({ id: 'abcdefghij'[index] ?? '', text }));
  return { id: `intake-${field}`, kind: 'choice', prompt, choices };
}

/** What a pressed button, a letter or an option's own words mean; null for anything else. */
function choiceFor(asked: IntakeField, ctx: TurnContext): Partial<Preferences> | null {
  const question = questionFor(asked, ctx);
  const pressed = ctx.action?.type === 'choice' && ctx.action.questionId === question.id ? ctx.action.choiceId : null;
  const chosen =
    question.choices.find((choice) => choice.id === pressed) ?? chosenOption(question.choices, ctx.text) ?? null;
  if (!chosen) return null;
  switch (asked) {
    case 'topic':
      return { topic: chosen.text };
    case 'mode':
      return { mode: chosen.id === 'a' ? 'course' : 'questions' };
    case 'character':
      return { character: CHARACTERS.find(({ label }) => normalise(label) === normalise(chosen.text))?.name ?? null };
    default:
      return asked satisfies never;
  }
}
