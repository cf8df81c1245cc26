/** The part of the package that runs everywhere; it comes without types. */
declare module '@evan/opus/wasm/index.mjs' {
  export class Encoder {
    constructor(options: { channels: 1; sample_rate: 48000; application: 'audio' | 'voip' });
    ctl(request: number, value: number): number;
    /** 20 ms of samples → one packet. */
    encode(pcm: Int16Array): Uint8Array;
    /** Gives its memory back; it is not to be used after that. */
    drop(): void;
  }
}
