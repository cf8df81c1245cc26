import type { Recorder } from '../../core/speech-audio.ts';
import { oggOpus, opusPackets } from './ogg-opus.ts';
import { joined } from './pcm.ts';
import { waveformOf } from './waveform.ts';

/** Samples as what platforms play. */
export const recorder: Recorder = { encode: oggOpus, waveform: waveformOf, join: joined, packets: opusPackets };
