import type { NarrationOptions } from '../bots/discord/voice/narrations.ts';
import type { Speech } from '../core/ports.ts';
import { NEWS_CHANNEL } from '../db/narrations.ts';
import { hearNews } from '../db/news.ts';
import type { Base } from './parts.ts';

/** What it takes to speak in voice channels; nothing where nobody speaks. */
export function narrationOptions(
  { config, databaseUrl }: Pick<Base, 'config' | 'databaseUrl'>,
  speech: Speech | null,
): NarrationOptions | undefined {
  if (!speech) return undefined;
  return {
    speech,
    budgets: config.budgets,
    loadRecorder: async () => (await import('../external/speech/recorder.ts')).recorder,
    hear: (onNews) => hearNews(databaseUrl, NEWS_CHANNEL, onNews),
  };
}
