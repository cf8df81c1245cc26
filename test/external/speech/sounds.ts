/** Sounds to hear with, and what is in them. */

export function tone(frequency: number, seconds: number, { rate = 48_000, loudness = 8_000 } = {}): Int16Array {
  return Int16Array.from(
    { length: Math.round(seconds * rate) },
    (_, at) => loudness * Math.sin((2 * Math.PI * frequency * at) / rate),
  );
}

/** Its loudness; 0: silence. */
export function rms(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length));
}

/** How much of one frequency is in it, as the RMS of that tone. */
export function levelAt(frequency: number, samples: Int16Array, rate = 48_000): number {
  let [real, imaginary] = [0, 0];
  samples.forEach((sample, at) => {
    const angle = (2 * Math.PI * frequency * at) / rate;
    real += sample * Math.cos(angle);
    imaginary += sample * Math.sin(angle);
  });
  return (Math.SQRT2 * Math.hypot(real, imaginary)) / samples.length;
}
