import type { Wording } from './wording.ts';

const same = (word: string) => [word, word] as const;
const plural = (count: number, one: string, many: string) => (count === 1 ? one : `${count} ${many}`);
const HALF_PREFIXES = 'null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf'.split(' ');

export const german: Wording = {
  signs: {
    ...{ plus: 'plus', minus: 'minus', plusMinus: 'plus minus', times: 'mal', divided: 'geteilt durch' },
    ...{ over: 'durch', equals: 'gleich', unequal: 'ungleich', about: 'ungefähr', approx: 'ist ungefähr' },
    ...{ less: 'ist kleiner als', greater: 'ist größer als', atMost: 'ist höchstens', atLeast: 'ist mindestens' },
    ...{ percent: 'Prozent', degrees: 'Grad', pi: 'Pi', infinity: 'unendlich', and: 'und', number: 'Nummer' },
    ...{ gives: 'ergibt', therefore: 'also', what: 'was', to: 'bis', given: 'gegeben', of: 'von' },
    ...{ blank: 'Lücke', sharp: 'Sharp', element: 'ist in', absolute: 'der Betrag von', sum: 'die Summe für' },
  },
  numerals:
    'null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn zwanzig'.split(
      ' ',
    ),
  parts: {
    ...{ 2: ['halb', 'halbe'], 3: same('Drittel'), 4: same('Viertel'), 5: same('Fünftel'), 6: same('Sechstel') },
    ...{ 7: same('Siebtel'), 8: same('Achtel'), 9: same('Neuntel'), 10: same('Zehntel'), 11: same('Elftel') },
    ...{ 12: same('Zwölftel'), 13: same('Dreizehntel'), 14: same('Vierzehntel'), 15: same('Fünfzehntel') },
    ...{ 16: same('Sechzehntel'), 17: same('Siebzehntel'), 18: same('Achtzehntel'), 19: same('Neunzehntel') },
    20: same('Zwanzigstel'),
  },
  mixed: (whole, fraction, isHalf) =>
    isHalf && HALF_PREFIXES[Number(whole)]
      ? `${HALF_PREFIXES[Number(whole)]}einhalb`
      : `${whole} und ${isHalf ? 'ein halb' : fraction}`,
  power: (exponent) => (exponent === '2' ? 'Quadrat' : `hoch ${exponent.replace(/^-/, 'minus ')}`),
  root: (degree, of) =>
    degree === '2'
      ? `die Wurzel aus ${of}`
      : degree === '3'
        ? `die dritte Wurzel aus ${of}`
        : `die ${degree}-te Wurzel aus ${of}`,
  units: {
    ...{
      km: same('Kilometer'),
      m: same('Meter'),
      dm: same('Dezimeter'),
      cm: same('Zentimeter'),
      mm: same('Millimeter'),
    },
    ...{ kg: same('Kilogramm'), g: same('Gramm'), mg: same('Milligramm'), l: same('Liter'), L: same('Liter') },
    ...{ ml: same('Milliliter'), mL: same('Milliliter'), s: ['Sekunde', 'Sekunden'] },
    ...{ ms: ['Millisekunde', 'Millisekunden'], min: ['Minute', 'Minuten'], h: ['Stunde', 'Stunden'] },
    ...{ 'km/h': same('Kilometer pro Stunde'), 'm/s': same('Meter pro Sekunde') },
    ...{ 'm^2': same('Quadratmeter'), 'm^3': same('Kubikmeter'), 'cm^2': same('Quadratzentimeter') },
    ...{ 'cm^3': same('Kubikzentimeter'), 'km^2': same('Quadratkilometer'), Hz: same('Hertz') },
    ...{ kWh: ['Kilowattstunde', 'Kilowattstunden'], '°C': same('Grad Celsius'), '°F': same('Grad Fahrenheit') },
    ...{ ft: same('Fuß'), lb: same('Pfund'), mph: ['Meile pro Stunde', 'Meilen pro Stunde'] },
  },
  partOf: (unit) => unit,
  currencies: { $: same('Dollar'), '€': same('Euro'), '£': same('Pfund') },
  codeSigns: {
    ...{
      '==': 'doppeltes Gleichheitszeichen',
      '!=': 'ungleich',
      '<=': 'kleiner oder gleich',
      '>=': 'größer oder gleich',
    },
    ...{ '+=': 'plus gleich', '-=': 'minus gleich', '*=': 'mal gleich', '->': 'Pfeil', '=>': 'Pfeil', '**': 'hoch' },
    ...{
      '//': 'doppelter Schrägstrich',
      '&&': 'und',
      '||': 'oder',
      '=': 'gleich',
      '+': 'plus',
      '-': 'minus',
      '*': 'Stern',
    },
    ...{
      '/': 'Schrägstrich',
      '%': 'Prozentzeichen',
      '<': 'kleiner als',
      '>': 'größer als',
      '&': 'Und-Zeichen',
      '|': 'Strich',
    },
    ...{ '!': 'Ausrufezeichen', '?': 'Fragezeichen', '#': 'Raute', _: 'Unterstrich', '.': 'Punkt', ':': 'Doppelpunkt' },
    ...{
      ';': 'Strichpunkt',
      '(': 'Klammer auf',
      ')': 'Klammer zu',
      '[': 'eckige Klammer auf',
      ']': 'eckige Klammer zu',
    },
    ...{ '{': 'geschweifte Klammer auf', '}': 'geschweifte Klammer zu', '"': 'Anführungszeichen', "'": 'Hochkomma' },
    ...{ ',': 'Komma', '\\': 'umgekehrter Schrägstrich', '@': 'At-Zeichen', '^': 'Zirkumflex', '~': 'Tilde' },
    ...{ $: 'Dollarzeichen', '`': 'Gravis' },
  },
  marks: { right: 'richtig', wrong: 'falsch', done: 'fertig', notDone: 'noch nicht fertig', warning: 'Achtung' },
  code: (language) => (language ? `Codebeispiel in ${language}` : 'Codebeispiel'),
  quoted: (text) => `${text} in Anführungszeichen`,
  text: 'Ein Textblock',
  picture: (what) => (what ? `Ein Bild: ${what}` : 'Ein Bild'),
  strip: (parts, marked, isEqual) => {
    const shape = isEqual ? plural(parts, 'ein Teil', 'gleich große Teile') : `${parts} verschieden große Teile`;
    if (marked.length === 0) return `${shape}, keiner markiert`;
    return [shape, ...marked.map(([mark, count]) => (mark ? `${count} mit ${mark}` : `${count} markiert`))].join(', ');
  },
  table: (rows, columns) => `Eine Tabelle mit ${plural(rows, 'einer Zeile', 'Zeilen')}: ${columns}`,
  link: (domain) => `Link: ${domain}`,
  step: (number, of) => (of === null ? `Schritt ${number}` : `Schritt ${number} von ${of}`),
  plan: (steps) => `Der Plan hat ${plural(steps, 'einen Schritt', 'Schritte')}.`,
  standing: {
    ...{ pending: 'noch nicht fertig', in_progress: 'in Arbeit', completed: 'fertig' },
    ...{ blocked: 'offen geblieben', skipped: 'übersprungen' },
  },
  abbreviations:
    'z.B. z. B. d.h. d. h. u.a. u. a. bzw. ca. Nr. Dr. Prof. Hr. Fr. Abb. vgl. ggf. evtl. inkl. sog. z. T. u. i. v. S. St. Str. Bd. Kap. max. min.'.split(
      ' ',
    ),
  ordinalsAfter: 'am im vom zum zur der die das den dem des bis ab seit dieser jeder jedes beim ein eine einem'.split(
    ' ',
  ),
  months:
    'Januar Februar März April Mai Juni Juli August September Oktober November Dezember Jahrhundert Jahrhunderts'.split(
      ' ',
    ),
};
