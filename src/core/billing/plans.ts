import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorMessage, SetupError } from '../../errors.ts';

/** What there is to have, and what it costs nobody to read: plans.yaml. */

/** null: as much as one likes. */
const most = z.number().int().nonnegative().nullable();

const limitsSchema = z.strictObject({
  lessonsPerMonth: most,
  turnsPerLesson: z.number().int().min(10).nullable(),
  lessonsAtOnce: most,
  model: z.enum(['small', 'large']),
  voiceMinutesPerMonth: most,
  codeRunsPerMonth: most,
  materials: most,
});

const planSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,30}$/, 'use lower-case letters, digits and hyphens'),
  title: z.string().min(1).max(60),
  limits: limitsSchema,
  stripe: z
    .strictObject({
      lookupKeys: z.array(z.string().min(1).max(200)).min(1),
      prices: z.array(z.string().startsWith('price_')).default([]),
      trialDays: z.number().int().min(0).max(730).default(0),
    })
    .optional(),
  discord: z.strictObject({ skus: z.array(z.string().regex(/^\d{17,20}$/)) }).optional(),
});

const plansSchema = z
  .strictObject({
    graceDays: z.number().int().min(0).max(60),
    plans: z.tuple([planSchema], planSchema),
  })
  .superRefine(({ plans }, context) => {
    const names = plans.flatMap(({ id, stripe, discord }) => [
      id,
      ...(stripe?.lookupKeys ?? []),
      ...(stripe?.prices ?? []),
      ...(discord?.skus ?? []),
    ]);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice) context.addIssue({ code: 'custom', message: `"${twice}" belongs to two plans` });
    const [free] = plans;
    if (free?.stripe || free?.discord?.skus.length) {
      context.addIssue({ code: 'custom', message: 'the first plan is for those who pay nothing: it has no price' });
    }
  });

export type Limits = z.infer<typeof limitsSchema>;
export type Plan = z.infer<typeof planSchema>;

export interface Plans {
  graceDays: number;
  /** From the least, which everybody has, to the best. */
  plans: readonly [Plan, ...Plan[]];
}

/** Throws SetupError with a sentence for whoever wrote the file. */
export async function loadPlans(file: string): Promise<Plans> {
  let written: unknown;
  try {
    written = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new SetupError([`The plans cannot be read (${errorMessage(error)}): correct ${file}, or unset PLANS_FILE.`]);
  }
  const parsed = plansSchema.safeParse(written);
  if (!parsed.success) {
    throw new SetupError(
      parsed.error.issues.map(
        ({ path, message }) => `${file}: ${[path.join('.'), message].filter(Boolean).join(': ')}.`,
      ),
    );
  }
  return parsed.data;
}

/** With nothing to be sold, and nobody to be limited. */
export const UNLIMITED: Limits = {
  lessonsPerMonth: null,
  turnsPerLesson: null,
  lessonsAtOnce: null,
  model: 'large',
  voiceMinutesPerMonth: null,
  codeRunsPerMonth: null,
  materials: null,
};

export function planById({ plans }: Plans, id: string): Plan | null {
  return plans.find((plan) => plan.id === id) ?? null;
}

/** What a subscription is for, by any of the names that its seller knows it by. */
export function planSoldAs({ plans }: Plans, names: readonly string[]): Plan | null {
  const isMeant = ({ stripe, discord }: Plan) =>
    names.some(
      (name) =>
        stripe?.lookupKeys.includes(name) || stripe?.prices.includes(name) || discord?.skus.includes(name) || false,
    );
  return plans.find(isMeant) ?? null;
}

/** What can be bought by card, and what in Discord. */
export function soldBy({ plans }: Plans, source: 'stripe' | 'discord'): Plan[] {
  return plans.filter(({ stripe, discord }) => (source === 'stripe' ? stripe : discord?.skus.length));
}
