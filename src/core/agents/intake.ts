import { z } from 'zod';
import type { Pack } from '../curriculum.ts';
import type { IntakeField, Preferences } from '../lesson.ts';
import type { Picture } from '../messages.ts';
import { asData } from '../prompts.ts';
import type { Agent } from './agents.ts';

/** Reads what a learner wants out of what they wrote. Which question comes next is decided by code. */

export interface IntakeInput {
  text: string;
  known: Preferences;
  /** The field that was asked for, if one was. */
  asked: IntakeField | null;
  /** That came with the message. */
  pictures: readonly Picture[];
  packs: readonly Pick<Pack, 'id' | 'title' | 'aliases'>[];
}

const intakeOutputSchema = z.strictObject({
  topic: z.string().max(80).nullable(),
  mode: z.enum(['course', 'questions']).nullable(),
  character: z.string().max(200).nullable(),
  level: z.enum(['beginner', 'intermediate', 'advanced']).nullable(),
  minutes: z.number().int().positive().max(600).nullable(),
  style: z.string().max(120).nullable(),
  language: z.string().max(40).nullable(),
  nickname: z.string().max(40).nullable(),
});
export type IntakeOutput = z.infer<typeof intakeOutputSchema>;

export const intakeAgent: Agent<'intake'> = {
  name: 'intake',
  tier: 'small',
  output: intakeOutputSchema,
  variables: (input) => ({
    topics: input.packs.map((pack) => `- ${pack.title}`).join('\n'),
    known: JSON.stringify(input.known),
    asked: input.asked ?? 'nothing in particular',
    message: asData('learner_message', input.text),
  }),
  pictures: (input) => input.pictures,
};
