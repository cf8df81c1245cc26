import { Counter, Histogram, type Registry } from 'prom-client';
import type { SpeechHappening } from '../core/happenings.ts';

/** What is counted of speech. Engines are few, and named by us. */

/** In seconds: a part of about a minute takes some to make, and a queue that is too long minutes. */
const BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300];

export function openSpeechMetrics(registry: Registry): (happening: SpeechHappening) => void {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `threadtutor_speech_${name}_total`, help, labelNames, registers: [registry] });
  const waits = new Histogram({
    ...{ name: 'threadtutor_speech_wait_seconds', help: 'How long a reply that was sent waited to be heard' },
    ...{ labelNames: ['until'], buckets: BUCKETS, registers: [registry] },
  });
  const spoken = counter('spoken', 'Replies that were spoken to their end', 'platform');
  const failed = counter('failed', 'Attempts to speak a reply that failed', 'reason', 'gave_up');
  const audio = counter('audio', 'Parts of replies as audio: made, or kept from before', 'engine', 'from');
  const characters = counter('characters', 'Characters that were made audio, as the engine counts them', 'engine');
  const seconds = counter('seconds', 'Audio that was made', 'engine');
  const cost = counter('cost_dollars', 'What it cost, where a price is known', 'engine');
  return (happening) => {
    switch (happening.type) {
      case 'speech_begun':
        return waits.observe({ until: 'begun' }, happening.waitedMs / 1_000);
      case 'speech_heard':
        return waits.observe({ until: 'heard' }, happening.waitedMs / 1_000);
      case 'speech_done':
        return spoken.inc({ platform: happening.platform });
      case 'speech_failed':
        return failed.inc({ reason: happening.reason, gave_up: String(happening.givesUp) });
      case 'audio_found': {
        const { engine, usage } = happening;
        audio.inc({ engine, from: usage ? 'made' : 'kept' });
        if (!usage) return;
        characters.inc({ engine }, usage.characters);
        seconds.inc({ engine }, usage.seconds);
        return cost.inc({ engine }, usage.cost ?? 0);
      }
      default:
        return happening satisfies never;
    }
  };
}
