import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { de } from '../../src/bots/locales/de.ts';
import { en } from '../../src/bots/locales/en.ts';
import { es } from '../../src/bots/locales/es.ts';
import { fr } from '../../src/bots/locales/fr.ts';
import { ja } from '../../src/bots/locales/ja.ts';
import { ptBR } from '../../src/bots/locales/ptBR.ts';
import { openWords, type Wording } from '../../src/bots/words.ts';

const words = openWords();

function placeholders(wording: Wording): Record<string, string[]> {
  const entries = Object.entries(wording).flatMap(([section, texts]) =>
    Object.entries(texts).map(
      ([key, text]) => [`${section}.${key}`, (text.match(/\{\{.*?\}\}/g) ?? []).sort()] as const,
    ),
  );
  return Object.fromEntries(entries);
}

describe.each<[string, Wording]>(Object.entries({ en, de, es, fr, ptBR, ja }))('%s', (_, wording) => {
  test('has the names in braces that English has', () => {
    expect(placeholders(wording)).toEqual(placeholders(en));
  });

  test('leaves nothing empty, and no spaces at the ends', () => {
    for (const text of Object.values(wording).flatMap((section) => Object.values(section))) {
      expect(text).toMatch(/^\S(?:.*\S)?$/);
    }
  });

  test('fits into what Discord has for it', () => {
    const { choose, ...labels } = wording.buttons;
    const { forgetConfirm, forgetKeep } = wording.data;
    for (const label of [...Object.values(labels), forgetConfirm, forgetKeep]) {
      expect(label.length, label).toBeLessThanOrEqual(25);
    }
    expect(choose.length).toBeLessThanOrEqual(150);
    const { modals, settings, admin } = wording;
    const { saved: _saved, ...settingLabels } = settings;
    const { notAdmin: _refused, ...adminLabels } = admin;
    for (const text of [modals.writeTitle, modals.writeLabel, modals.changeTitle, modals.changeLabel]) {
      expect(text.length, text).toBeLessThanOrEqual(45);
    }
    for (const text of [...Object.values(settingLabels), ...Object.values(adminLabels)]) {
      expect(text.length, text).toBeLessThanOrEqual(45);
    }
    for (const text of [modals.writePlaceholder, modals.changePlaceholder]) {
      expect(text.length, text).toBeLessThanOrEqual(100);
    }
  });
});

describe.each<[string, Wording]>(Object.entries({ en, de, es, fr, ptBR, ja }))('%s in Slack', (_, wording) => {
  const { modals, forms, home, data, buttons } = wording;
  /** What has to be whole in so many characters. */
  const limits: [most: number, texts: string[]][] = [
    [24, [modals.writeTitle, modals.changeTitle, forms.startTitle, forms.wishesTitle, forms.adminTitle]],
    [24, [forms.cancel, forms.send, forms.save, buttons.approve]],
    [30, [data.forgetConfirm, data.forgetKeep]],
    [75, [forms.beginner, forms.intermediate, forms.advanced, forms.byPlan, forms.byQuestions, forms.direct]],
    [75, [home.start, home.review, home.openLesson, home.changeSettings, home.export, home.changeWorkspace]],
    [75, [forms.startAbout.replace(/\{\{.*\}\}/, 'x'.repeat(40)), wording.admin.homeworkGuard]],
    [
      150,
      [home.title, home.reviews, home.lessons, home.workspace, forms.topicPlaceholder, forms.choose, forms.findOut],
    ],
    [300, [data.forgetAsk]],
    [3_000, [Object.values(forms).join('\n')]],
  ];

  test.each(limits)('%i characters are enough', (most, texts) => {
    expect(texts.filter((text) => text.length > most)).toEqual([]);
  });
});

test.each([
  ['en-GB', 'Hint'],
  ['de', 'Tipp'],
  ['es-419', 'Pista'],
  ['es-ES', 'Pista'],
  ['fr', 'Indice'],
  ['pt-BR', 'Dica'],
  ['pt', 'Dica'],
  ['pt-PT', 'Dica'],
  ['ja', 'ヒント'],
  ['zh-CN', 'Hint'],
  ['no such locale!', 'Hint'],
  ['', 'Hint'],
  [null, 'Hint'],
])('the locale %s', (locale, hint) => {
  expect(words.for(locale)('buttons.hint')).toBe(hint);
});

test('nothing is translated that is never said', () => {
  const folder = join(import.meta.dirname, '../../src/bots');
  const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('locales'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  // Those of these sections are named by what they say: a command, a standing, a wish.
  const byName = new Set(['buttons', 'cards', 'settings']);
  const keys = Object.entries(en).flatMap(([section, texts]) =>
    byName.has(section) ? [] : Object.keys(texts).map((key) => `'${section}.${key}'`),
  );
  expect(keys.filter((key) => !source.includes(key))).toEqual([]);
});

test('what is put into a sentence stays as it is', () => {
  const topic = '<b> & "$t(buttons.hint)" $& $1 {{learner}}';
  expect(words.for('en')('start.threadName', { topic, learner: "O'Neil" })).toBe(`${topic} with O'Neil`);
});

test('numbers and names go where the sentence has them', () => {
  expect(words.for('de')('cards.step', { step: 2, of: 4 })).toBe('Schritt 2 von 4');
  expect(words.for('ja')('cards.mastery', { percent: 80, right: 4, wrong: 1 })).toBe('80% · 正解 4 · 不正解 1');
});
