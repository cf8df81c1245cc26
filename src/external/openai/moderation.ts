import type { Judgement } from '../../core/judgement.ts';
import type { KeyRing } from './keys.ts';

const MODEL = 'omni-moderation-latest';
/** A reply does not wait longer than this for the moderation; the judgement in the reply itself is the second look. */
const PATIENCE_MS = 3_000;

/** What the provider's moderation says of a text; null when it does not answer in time. Never throws. */
export async function moderate(keys: KeyRing, text: string): Promise<Judgement['safety'] | null> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const { results } = await keys.call((client) =>
      client.moderations.create({ model: MODEL, input: text }, { signal, maxRetries: 0 }),
    );
    const categories = Object.entries(results[0]?.categories ?? {}).filter(([, isFlagged]) => isFlagged);
    return concernOf(categories.map(([name]) => name));
  } catch {
    return null;
  }
}

/** The gravest of the provider's categories, in our words. Rude words alone are for the judgement to weigh. */
function concernOf(categories: readonly string[]): Judgement['safety'] {
  if (categories.some((name) => name.startsWith('self-harm'))) return 'self_harm';
  if (categories.some((name) => name === 'harassment/threatening' || name === 'hate/threatening')) return 'abuse';
  const isHarmful = /^(sexual|violence\/graphic|illicit)/;
  return categories.some((name) => isHarmful.test(name)) ? 'unsafe' : 'none';
}
