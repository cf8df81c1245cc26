/** The part of the package that decodes; src says the rest. */
declare module '@evan/opus/wasm/index.mjs' {
  export class Decoder {
    constructor(options: { channels: 1 | 2; sample_rate: 48000 });
    /** One packet → 16 bit samples. */
    decode(packet: Uint8Array): Uint8Array;
    /** Gives its memory back; it is not to be used after that. */
    drop(): void;
  }
}
