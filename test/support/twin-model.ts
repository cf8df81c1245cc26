import type { OpenAiConfig } from '../../src/config.ts';
import type { Model } from '../../src/core/ports.ts';
import { openAiModel } from '../../src/external/openai/openai-model.ts';
import type { OpenAiTwin } from '../twins/openai.ts';

/** The real adapter and SDK, speaking to the twin. */
export function twinModel(twin: OpenAiTwin, more: Partial<OpenAiConfig> = {}): Model {
  const config: OpenAiConfig = {
    apiKeys: ['sk-test'],
    baseUrl: twin.url,
    api: 'chat',
    models: { small: 'gpt-4o-mini', large: 'gpt-4o' },
    timeoutMs: 5_000,
    moderation: false,
    pictures: true,
    ...more,
  };
  return openAiModel(config, { now: Date.now, maxRetries: 0 });
}
