import { beforeAll, expect, test } from 'vitest';
import { summariseLesson } from '../../src/core/summarising.ts';
import { loadPrompts } from '../../src/core/prompts.ts';
import { nextInLine, readBacklog } from '../../src/db/backlog.ts';
import { acceptedBefore } from '../../src/db/inbox.ts';
import { unfinishedLessons } from '../../src/db/lessons.ts';
import { offlineModel } from '../../src/external/offline/offline-model.ts';
import { openClassroom, silentLog, until } from '../support/classroom.ts';
import { useDatabase } from '../support/database.ts';
import { failure, watchedModel } from '../support/models.ts';
import { type Plan, watchPlans } from '../support/plans.ts';
import { storeLessons } from '../support/stored-lessons.ts';

/** What is done for every message must cost the same beside a million lessons as beside ten. */

const database = useDatabase();

beforeAll(() => storeLessons(database.db, 'elsewhere', 1_000_000), 180_000);

const LARGE = 'lessons turns messages deliveries turn_steps events usage learners workspaces'.split(' ');

function offences(plans: readonly Plan[], maxRows: number): string[] {
  const found = plans.flatMap(({ statement, scans }) =>
    scans
      .filter(({ table, how, rowsRead }) => LARGE.includes(table) && (how === 'Seq Scan' || rowsRead > maxRows))
      .map(({ table, how, index, rowsRead }) => `${how} of ${table} (${index}, ${rowsRead} rows): ${statement}`),
  );
  return [...new Set(found)];
}
