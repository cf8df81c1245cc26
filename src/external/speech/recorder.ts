import type { Recorder } from '../../core/speech-audio.ts';
import { opusPackets } from './ogg-opus.ts';
import { joined } from './pcm.ts';
import { drawn, encoded } from './sound-work.ts';

/** Samples as what platforms play. */
export const recorder: Recorder = { encode: encoded, waveform: drawn, join: joined, packets: opusPackets };
