import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/**
 * A schema as strict structured output accepts it everywhere. Limits such as maxLength are refused by some providers
 * and ignored by others: they become words of the description, which every model can read. Our own validation
 * afterwards holds them.
 */
export function strictSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...strict } = z.toJSONSchema(schema, { override: ({ jsonSchema }) => limitsAsWords(jsonSchema) });
  return strict;
}

const LIMITS: Record<string, (limit: unknown) => string> = {
  minLength: (limit) => `at least ${limit} characters`,
  maxLength: (limit) => `at most ${limit} characters`,
  pattern: (limit) => `matches ${limit}`,
  format: (limit) => `in ${limit} format`,
  minimum: (limit) => `at least ${limit}`,
  maximum: (limit) => `at most ${limit}`,
  exclusiveMinimum: (limit) => `more than ${limit}`,
  exclusiveMaximum: (limit) => `less than ${limit}`,
  multipleOf: (limit) => `a multiple of ${limit}`,
  minItems: (limit) => `at least ${limit} items`,
  maxItems: (limit) => `at most ${limit} items`,
};

function limitsAsWords(node: JsonSchema): void {
  const words: string[] = [];
  for (const [keyword, say] of Object.entries(LIMITS)) {
    if (!(keyword in node)) continue;
    words.push(say(node[keyword]));
    delete node[keyword];
  }
  if (words.length > 0) node.description = [node.description, words.join(', ')].filter(Boolean).join('; ');
}

/** For servers that know JSON mode only: the same contract, in words. */
export function schemaAsText(name: string, schema: JsonSchema): string {
  return [
    'Answer with one JSON object and nothing else: no code fence, no words around it.',
    `It must follow this JSON schema:\n${JSON.stringify({ title: name, ...schema })}`,
  ].join(' ');
}
