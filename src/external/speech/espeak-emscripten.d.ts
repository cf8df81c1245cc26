/** The package comes without types. */
declare module '@echogarden/espeak-ng-emscripten' {
  interface Worker {
    get_samplerate(): number;
    list_voices(): { languages: { priority: number; name: string }[] }[];
    /** By language; 0: it has it. */
    set_voice(name: string, language: string, gender: number, age: number, variant: number): number;
    /** SSML is understood. The samples come in chunks, before it returns. */
    synthesize(text: string, onAudio: (samples: Int16Array) => void): void;
  }
  function load(): Promise<{ eSpeakNGWorker: new () => Worker }>;
  export = load;
}
