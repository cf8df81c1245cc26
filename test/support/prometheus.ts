/** Reads the text format: 'name{label="value"}' → number, labels in the order of their names. Throws on what is none. */
export function readPrometheus(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ') || line.startsWith('# TYPE ')) continue;
    const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (!name || value === undefined || (!/^nan$/i.test(value) && Number.isNaN(Number(value))))
      throw new Error(`not a sample: ${line}`);
    const pairs = [...labels.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([pair]) => pair).sort();
    const key = pairs.length > 0 ? `${name}{${pairs.join(',')}}` : name;
    if (samples.has(key)) throw new Error(`twice: ${key}`);
    samples.set(key, Number(value));
  }
  return samples;
}
