import { beforeAll, describe, expect, test } from 'vitest';
import type { PlannerInput } from '../../src/core/agents/planner.ts';
import type { Exchange, TeacherInput } from '../../src/core/agents/teacher.ts';
import { authoredPlan, type Curriculum, loadCurriculum, type Pack } from '../../src/core/curriculum.ts';
import { grade } from '../../src/core/grading.ts';
import type { Judgement } from '../../src/core/judgement.ts';
import { applyEvents, currentStep, type LessonState, newLesson } from '../../src/core/lesson.ts';
import { movesFor } from '../../src/core/policy.ts';
import { findFaq, findPassage } from '../../src/external/offline/faq.ts';
import { judge } from '../../src/external/offline/judge.ts';
import { plan } from '../../src/external/offline/plan.ts';
import { speak } from '../../src/external/offline/speak.ts';
import { readWishes } from '../../src/external/offline/wishes.ts';

/** What the rules make of what people really type. */

let curriculum: Curriculum;
beforeAll(async () => {
  curriculum = await loadCurriculum('curriculum');
});

function packOf(id: string): Pack {
  const pack = curriculum.packs.find((other) => other.id === id);
  if (!pack) throw new Error(`no pack ${id}`);
  return pack;
}

/** A learner's message to a step's question, as the teacher hears it. */
function heard(packId: string, questionId: string, reply: string, recent: TeacherInput['recent'] = []): TeacherInput {
  const pack = packOf(packId);
  const at = pack.steps.findIndex((step) => step.questions.some(({ id }) => id === questionId));
  const question = pack.steps[at]?.questions.find(({ id }) => id === questionId);
  if (!question) throw new Error(`no question ${questionId}`);
  const state: LessonState = applyEvents(newLesson(), [
    { type: 'preferences_given', preferences: { topic: pack.title }, packId, autostart: true },
    { type: 'intake_finished' },
    { type: 'planned', steps: authoredPlan(pack).slice(at) },
    { type: 'step_explained' },
    { type: 'question_asked', question },
  ]);
  const graded = grade(question, reply);
  return {
    preferences: state.preferences,
    pack,
    steps: state.steps,
    step: currentStep(state),
    pending: state.pending,
    reply,
    graded,
    moves: movesFor(state, () => pack.steps[at]?.questions ?? [], graded?.certain ? graded.label : null),
    recent,
    summary: '',
    remembered: [],
    notes: [],
    homeworkGuard: false,
    pictures: [],
    correction: null,
  };
}

describe('an intent', () => {
  const CHOICE = ['fractions', 'meaning-1'] as const;
  const SHORT = ['fractions', 'comparing-4'] as const;
  const SPANISH = ['spanish-travel', 'greet-4'] as const;
  const cases: [readonly [string, string], Judgement['intent'], string[]][] = [
    [
      CHOICE,
      'wants_answer',
      [
        ...['just tell me', 'tell me the answer', 'the answer is?', 'whats the answer', 'cmon just say it', 'give up'],
        ...['i give up', 'can you just give me the answer', 'solve it for me', 'you do it', 'can i see the solution'],
        ...['which one is right?', 'what should i answer?', 'tell me', 'write it for me please', 'give it to me'],
      ],
    ],
    [
      CHOICE,
      'lost',
      [
        ...['idk', 'what', 'what?', 'huh?', 'why?', 'how?', 'how come', 'help me', 'can u help', "i don't get it"],
        ...['explain again please', 'can you explain it again?', 'show me how', 'can you give me an example?'],
        ...['what is this question about?', 'tell me more', 'not sure'],
      ],
    ],
    [CHOICE, 'question', ['what is a denominator?', 'wat is a denominater', 'what does numerator mean?']],
    [SPANISH, 'question', ['What do you say in Mexico instead of buenas?', 'how do you pronounce the double l?']],
    [
      CHOICE,
      'off_topic',
      ['are you a robot?', 'r u a robot', 'do you like pizza?', 'who are you?', 'what is love', 'write me a game'],
    ],
    [
      CHOICE,
      'no_answer',
      [
        ...['ok', 'k', 'meh', 'ugh', 'this is boring', 'this is so boring', 'i hate this', 'hello again', 'whatever'],
        ...['repeat the question', 'can you repeat that please', 'say that again'],
      ],
    ],
    [SHORT, 'no_answer', ['no way', 'one sec', 'that is wrong', 'next question', 'ugh', 'repeat the question', 'bruh']],
  ];
  const rows = cases.flatMap(([question, intent, replies]) => replies.map((reply) => ({ question, intent, reply })));

  test.each(rows)('$reply → $intent', ({ question: [pack, id], intent, reply }) => {
    expect(judge(heard(pack, id, reply)).intent).toBe(intent);
  });

  test('telling how to write or give something is an answer to an open question, not a wish for one', () => {
    for (const pack of ['fractions', 'photosynthesis', 'spanish-travel', 'python-basics'].map(packOf)) {
      for (const question of pack.steps.flatMap((step) => step.questions)) {
        if (question.kind !== 'open') continue;
        for (const words of ['You give it more and write it down:', 'I would say it like this:', 'Just say that']) {
          const point = question.points[0]?.any[0] ?? '';
          for (const reply of [
            `${words} ${question.reference}`,
            `you just say it with ${point} and give it the result`,
          ]) {
            expect(judge(heard(pack.id, question.id, reply)).intent, reply).toBe('answer');
          }
        }
      }
    }
  });
});

describe('a plan changed in words', () => {
  const steps = () => authoredPlan(packOf('python-basics'));
  const changed = (request: string) => {
    const input: PlannerInput = {
      preferences: newLesson().preferences,
      pack: packOf('python-basics'),
      reason: { kind: 'change', request },
      steps: applyEvents(newLesson(), [
        { type: 'preferences_given', preferences: { topic: 'Python' } },
        { type: 'intake_finished' },
        { type: 'planned', steps: steps() },
      ]).steps,
      misconceptions: [],
      remembered: [],
    };
    const all = steps().map(({ id }) => id);
    return plan(input)
      .steps.map(({ id }) => (all.includes(id) ? all.indexOf(id) + 1 : 'warm-up'))
      .join(' ');
  };

  test.each([
    ['skip the strings part', '1 3 4 5'],
    ['I already know loops', '1 2 3 5'],
    ['no loops', '1 2 3 5'],
    ['leave out decisions', '1 2 4 5'],
    ['everything except loops', '1 2 3 5'],
    ['remove the last step', '1 2 3 4'],
    ['without the first two', '3 4 5'],
    ['yes but without step 2', '1 3 4 5'],
    ['only loops and functions', '4 5'],
    ['steps 1-3 only', '1 2 3'],
    ['just the first 2', '1 2'],
    ['can we do loops first', '4 1 2 3 5'],
    ['3 first', '3 1 2 4 5'],
    ['put functions at the beginning', '5 1 2 3 4'],
    ['i only have 10 minutes', '1 2 3'],
    ['this is too hard for me', 'warm-up 1 2 3 4'],
    // What is no wish to leave something out leaves nothing out.
    ['can we do the pizza one first?', '1 2 3 4 5'],
    ['swap 1 and 2', '1 2 3 4 5'],
    ['merge 1 and 2', '1 2 3 4 5'],
    ['what is step 3 about?', '1 2 3 4 5'],
    ['more practice on loops', '1 2 3 4 5'],
    ['skip 1, 2, 3, 4 and 5', '1 2 3 4 5'],
    ['no', '1 2 3 4 5'],
  ])('%s → %s', (request, wanted) => {
    expect(changed(request)).toBe(wanted);
  });
});

describe('what is said', () => {
  const say = (input: TeacherInput) => speak(input, judge(input)).message;

  test('an example is not told twice while there is another', () => {
    const first = say(heard('fractions', 'meaning-1', 'idk'));
    const second = say(heard('fractions', 'meaning-1', 'idk', [{ author: 'tutor', text: first }]));
    expect(first).toContain('Watch one first');
    expect(second.split('\n').at(-1)).not.toBe(first.split('\n').at(-1));
  });

  test('who only says "ok" does not hear the same sentence twice in a row, and learns of the hint', () => {
    const recent: Exchange[] = [];
    const said: string[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      const message = say(heard('fractions', 'meaning-1', 'ok', recent));
      expect(message).not.toBe(said.at(-1));
      said.push(message);
      recent.push({ author: 'learner', text: 'ok' }, { author: 'tutor', text: message });
    }
    expect(said.join('\n')).toContain('**hint**');
  });

  test('who is bored is told what can be done about it', () => {
    expect(say(heard('fractions', 'meaning-1', 'this is so boring'))).toContain('**skip**');
  });

  test('a question behind an answer is answered as well', () => {
    const message = say(heard('fractions', 'meaning-1', 'b, and what is a numerator?'));
    expect(message).toContain('the **numerator**');
    expect(message).toContain('Hint 1 of 3');
  });
});

test('a term is explained in the words of the course, misspelt or not; what it does not name is not', () => {
  const passage = (pack: string, reply: string) => findPassage({ pack: packOf(pack), step: null }, reply);
  expect(passage('fractions', 'wat is a denominater')).toContain('**denominator**');
  expect(passage('photosynthesis', 'what is chlorophyll?')).toContain('**chlorophyll**');
  expect(passage('fractions', 'what is love')).toBeNull();
  expect(findFaq({ pack: packOf('probability'), step: null }, 'why do people play the lotery?')).not.toBeNull();
});

test('ideas that were open at the end of an earlier lesson are named with the new plan', () => {
  const pack = packOf('fractions');
  const name = pack.steps[0]?.misconceptions[0]?.name ?? '';
  const preferences = newLesson().preferences;
  const planned = (remembered: string[]) =>
    plan({ preferences, pack, reason: { kind: 'new' }, steps: [], misconceptions: [], remembered }).message;
  expect(planned([name])).toContain(name);
  expect(planned(['of another course'])).toBe(planned([]));
});

test.each([
  ['like a pirate', 'like a pirate'],
  ['why?', null],
  ['thanks', null],
  ['a funny one', 'playful'],
])('asked for a character, "%s" means %s', (text, character) => {
  const known = newLesson().preferences;
  expect(readWishes({ text, known, asked: 'character', pictures: [], packs: curriculum.packs }).character).toBe(
    character,
  );
});
