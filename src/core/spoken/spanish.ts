import type { Wording } from './wording.ts';

const parts = (one: string) => [one, `${one}s`] as const;
const plural = (count: number, one: string, many: string) => (count === 1 ? one : `${count} ${many}`);

export const spanish: Wording = {
  signs: {
    ...{ plus: 'más', minus: 'menos', plusMinus: 'más o menos', times: 'por', divided: 'entre' },
    ...{ over: 'sobre', equals: 'es igual a', unequal: 'no es igual a', about: 'aproximadamente' },
    ...{ approx: 'es aproximadamente', less: 'es menor que', greater: 'es mayor que' },
    ...{ atMost: 'es menor o igual que', atLeast: 'es mayor o igual que', percent: 'por ciento', degrees: 'grados' },
    ...{ pi: 'pi', infinity: 'infinito', and: 'y', number: 'número', gives: 'da', therefore: 'por lo tanto' },
    ...{
      what: 'cuánto',
      to: 'a',
      given: 'dado',
      of: 'de',
      blank: 'espacio en blanco',
      sharp: 'sharp',
      element: 'está en',
      absolute: 'el valor absoluto de',
      sum: 'la suma para',
    },
  },
  numerals:
    'cero un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte'.split(
      ' ',
    ),
  parts: {
    ...{ 2: parts('medio'), 3: parts('tercio'), 4: parts('cuarto'), 5: parts('quinto'), 6: parts('sexto') },
    ...{ 7: parts('séptimo'), 8: parts('octavo'), 9: parts('noveno'), 10: parts('décimo'), 11: parts('onceavo') },
    ...{ 12: parts('doceavo'), 13: parts('treceavo'), 14: parts('catorceavo'), 15: parts('quinceavo') },
    ...{ 16: parts('dieciseisavo'), 17: parts('diecisieteavo'), 18: parts('dieciochoavo') },
    ...{ 19: parts('diecinueveavo'), 20: parts('veinteavo') },
  },
  mixed: (whole, fraction, isHalf) => `${whole} y ${isHalf ? 'medio' : fraction}`,
  power: (exponent) =>
    exponent === '2' ? 'al cuadrado' : exponent === '3' ? 'al cubo' : `elevado a ${exponent.replace(/^-/, 'menos ')}`,
  root: (degree, of) =>
    degree === '2'
      ? `la raíz cuadrada de ${of}`
      : degree === '3'
        ? `la raíz cúbica de ${of}`
        : `la raíz de grado ${degree} de ${of}`,
  units: {
    ...{ km: parts('kilómetro'), m: parts('metro'), dm: parts('decímetro'), cm: parts('centímetro') },
    ...{ mm: parts('milímetro'), kg: parts('kilogramo'), g: parts('gramo'), mg: parts('miligramo') },
    ...{ l: parts('litro'), L: parts('litro'), ml: parts('mililitro'), mL: parts('mililitro'), s: parts('segundo') },
    ...{ ms: parts('milisegundo'), min: parts('minuto'), h: parts('hora') },
    ...{ 'km/h': ['kilómetro por hora', 'kilómetros por hora'], 'm/s': ['metro por segundo', 'metros por segundo'] },
    ...{ 'm^2': ['metro cuadrado', 'metros cuadrados'], 'm^3': ['metro cúbico', 'metros cúbicos'] },
    ...{
      'cm^2': ['centímetro cuadrado', 'centímetros cuadrados'],
      'cm^3': ['centímetro cúbico', 'centímetros cúbicos'],
    },
    ...{ 'km^2': ['kilómetro cuadrado', 'kilómetros cuadrados'], Hz: ['hercio', 'hercios'] },
    ...{ kWh: ['kilovatio hora', 'kilovatios hora'], '°C': ['grado Celsius', 'grados Celsius'] },
    ...{ '°F': ['grado Fahrenheit', 'grados Fahrenheit'], ft: ['pie', 'pies'], lb: parts('libra') },
    mph: ['milla por hora', 'millas por hora'],
  },
  partOf: (unit) => `de ${unit}`,
  currencies: { $: ['dólar', 'dólares'], '€': ['euro', 'euros'], '£': ['libra', 'libras'] },
  codeSigns: {
    ...{ '==': 'doble igual', '!=': 'distinto de', '<=': 'menor o igual que', '>=': 'mayor o igual que' },
    ...{ '+=': 'más igual', '-=': 'menos igual', '*=': 'por igual', '->': 'flecha', '=>': 'flecha', '**': 'elevado a' },
    ...{ '//': 'doble barra', '&&': 'y', '||': 'o', '=': 'igual', '+': 'más', '-': 'menos', '*': 'asterisco' },
    ...{
      '/': 'barra',
      '%': 'signo de porcentaje',
      '<': 'menor que',
      '>': 'mayor que',
      '&': 'et',
      '|': 'barra vertical',
    },
    ...{
      '!': 'signo de exclamación',
      '?': 'signo de interrogación',
      '#': 'almohadilla',
      _: 'guion bajo',
      '.': 'punto',
    },
    ...{ ':': 'dos puntos', ';': 'punto y coma', '(': 'abre paréntesis', ')': 'cierra paréntesis' },
    ...{ '[': 'abre corchete', ']': 'cierra corchete', '{': 'abre llave', '}': 'cierra llave', '"': 'comillas' },
    ...{
      "'": 'comilla',
      ',': 'coma',
      '\\': 'barra invertida',
      '@': 'arroba',
      '^': 'acento circunflejo',
      '~': 'virgulilla',
    },
    ...{ $: 'signo de dólar', '`': 'acento grave' },
  },
  marks: { right: 'correcto', wrong: 'incorrecto', done: 'hecho', notDone: 'sin hacer', warning: 'atención' },
  code: (language) => (language ? `Fragmento de código en ${language}` : 'Fragmento de código'),
  quoted: (text) => `${text} entre comillas`,
  text: 'Un bloque de texto',
  picture: (what) => (what ? `Un dibujo: ${what}` : 'Un dibujo'),
  strip: (count, marked, isEqual) => {
    const shape = isEqual ? plural(count, 'una parte', 'partes iguales') : `${count} partes de distinto tamaño`;
    if (marked.length === 0) return `${shape}, ninguna marcada`;
    const named = marked.map(([mark, times]) =>
      mark ? `${times} con ${mark}` : plural(times, 'una marcada', 'marcadas'),
    );
    return [shape, ...named].join(', ');
  },
  table: (rows, columns) => `Una tabla con ${plural(rows, 'una fila', 'filas')}: ${columns}`,
  link: (domain) => `enlace: ${domain}`,
  step: (number, of) => (of === null ? `Paso ${number}` : `Paso ${number} de ${of}`),
  plan: (steps) => `El plan tiene ${plural(steps, 'un paso', 'pasos')}.`,
  standing: {
    ...{ pending: 'todavía sin hacer', in_progress: 'en curso', completed: 'hecho' },
    ...{ blocked: 'pendiente', skipped: 'omitido' },
  },
  abbreviations:
    'p.ej. p. ej. Sr. Sra. Srta. Dr. Dra. Ud. Uds. núm. n.º pág. aprox. EE. UU. EE.UU. cap. fig. máx. mín. Prof. vs.'.split(
      ' ',
    ),
  ordinalsAfter: [],
  months: [],
};
