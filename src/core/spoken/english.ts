import type { Wording } from './wording.ts';

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

export const english: Wording = {
  signs: {
    ...{ plus: 'plus', minus: 'minus', plusMinus: 'plus or minus', times: 'times', divided: 'divided by' },
    ...{ over: 'over', equals: 'equals', unequal: 'does not equal', about: 'about', approx: 'is about' },
    ...{ less: 'is less than', greater: 'is greater than', atMost: 'is at most', atLeast: 'is at least' },
    ...{ percent: 'percent', degrees: 'degrees', pi: 'pi', infinity: 'infinity', and: 'and', number: 'number' },
    ...{ gives: 'gives', therefore: 'therefore', what: 'what', to: 'to', given: 'given', of: 'of' },
    ...{ blank: 'blank', sharp: 'sharp', element: 'is in', absolute: 'the absolute value of', sum: 'the sum for' },
  },
  numerals:
    'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
      ' ',
    ),
  parts: {
    ...{ 2: ['half', 'halves'], 3: ['third', 'thirds'], 4: ['quarter', 'quarters'], 5: ['fifth', 'fifths'] },
    ...{ 6: ['sixth', 'sixths'], 7: ['seventh', 'sevenths'], 8: ['eighth', 'eighths'], 9: ['ninth', 'ninths'] },
    ...{ 10: ['tenth', 'tenths'], 11: ['eleventh', 'elevenths'], 12: ['twelfth', 'twelfths'] },
    ...{ 13: ['thirteenth', 'thirteenths'], 14: ['fourteenth', 'fourteenths'], 15: ['fifteenth', 'fifteenths'] },
    ...{ 16: ['sixteenth', 'sixteenths'], 17: ['seventeenth', 'seventeenths'], 18: ['eighteenth', 'eighteenths'] },
    ...{ 19: ['nineteenth', 'nineteenths'], 20: ['twentieth', 'twentieths'] },
  },
  mixed: (whole, fraction, isHalf) => `${whole} and ${isHalf ? 'a half' : fraction}`,
  power: (exponent) =>
    exponent === '2' ? 'squared' : exponent === '3' ? 'cubed' : `to the power of ${exponent.replace(/^-/, 'minus ')}`,
  root: (degree, of) =>
    degree === '2'
      ? `the square root of ${of}`
      : degree === '3'
        ? `the cube root of ${of}`
        : `the root of degree ${degree} of ${of}`,
  units: {
    ...{ km: ['kilometre', 'kilometres'], m: ['metre', 'metres'], dm: ['decimetre', 'decimetres'] },
    ...{ cm: ['centimetre', 'centimetres'], mm: ['millimetre', 'millimetres'], kg: ['kilogram', 'kilograms'] },
    ...{ g: ['gram', 'grams'], mg: ['milligram', 'milligrams'], l: ['litre', 'litres'], L: ['litre', 'litres'] },
    ...{ ml: ['millilitre', 'millilitres'], mL: ['millilitre', 'millilitres'], s: ['second', 'seconds'] },
    ...{ ms: ['millisecond', 'milliseconds'], min: ['minute', 'minutes'], h: ['hour', 'hours'] },
    ...{ 'km/h': ['kilometre per hour', 'kilometres per hour'], 'm/s': ['metre per second', 'metres per second'] },
    ...{ 'm^2': ['square metre', 'square metres'], 'm^3': ['cubic metre', 'cubic metres'] },
    ...{ 'cm^2': ['square centimetre', 'square centimetres'], 'cm^3': ['cubic centimetre', 'cubic centimetres'] },
    ...{
      'km^2': ['square kilometre', 'square kilometres'],
      Hz: ['hertz', 'hertz'],
      kWh: ['kilowatt hour', 'kilowatt hours'],
    },
    ...{ '°C': ['degree Celsius', 'degrees Celsius'], '°F': ['degree Fahrenheit', 'degrees Fahrenheit'] },
    ...{ ft: ['foot', 'feet'], lb: ['pound', 'pounds'], mph: ['mile per hour', 'miles per hour'] },
  },
  partOf: (unit) => `of ${unit.startsWith('hour') ? 'an' : 'a'} ${unit}`,
  currencies: { $: ['dollar', 'dollars'], '€': ['euro', 'euros'], '£': ['pound', 'pounds'] },
  codeSigns: {
    ...{ '==': 'double equals', '!=': 'not equal to', '<=': 'less than or equal to', '>=': 'greater than or equal to' },
    ...{
      '+=': 'plus equals',
      '-=': 'minus equals',
      '*=': 'times equals',
      '->': 'arrow',
      '=>': 'arrow',
      '**': 'to the power of',
    },
    ...{ '//': 'double slash', '&&': 'and', '||': 'or', '=': 'equals', '+': 'plus', '-': 'minus', '*': 'star' },
    ...{ '/': 'slash', '%': 'percent sign', '<': 'less than', '>': 'greater than', '&': 'ampersand', '|': 'bar' },
    ...{
      '!': 'exclamation mark',
      '?': 'question mark',
      '#': 'hash',
      _: 'underscore',
      '.': 'dot',
      ':': 'colon',
      ';': 'semicolon',
    },
    ...{ '(': 'open bracket', ')': 'close bracket', '[': 'open square bracket', ']': 'close square bracket' },
    ...{ '{': 'open brace', '}': 'close brace', '"': 'quotes', "'": 'quote', ',': 'comma', '\\': 'backslash' },
    ...{ '@': 'at sign', '^': 'caret', '~': 'tilde', $: 'dollar sign', '`': 'backtick' },
  },
  marks: { right: 'right', wrong: 'wrong', done: 'done', notDone: 'not done', warning: 'attention' },
  code: (language) => (language ? `Code snippet in ${language}` : 'Code snippet'),
  quoted: (text) => `${text} in quotes`,
  text: 'A block of text',
  picture: (what) => (what ? `A picture: ${what}` : 'A picture'),
  strip: (parts, marked, isEqual) => {
    const shape = `${isEqual ? plural(parts, 'part', 'equal parts') : `${parts} parts of different sizes`}`;
    if (marked.length === 0) return `${shape}, none marked`;
    return [shape, ...marked.map(([mark, count]) => (mark ? `${count} with ${mark}` : `${count} marked`))].join(', ');
  },
  table: (rows, columns) => `A table with ${plural(rows, 'row', 'rows')}: ${columns}`,
  link: (domain) => `link: ${domain}`,
  step: (number, of) => (of === null ? `Step ${number}` : `Step ${number} of ${of}`),
  plan: (steps) => `The plan has ${plural(steps, 'step', 'steps')}.`,
  standing: {
    ...{ pending: 'not done yet', in_progress: 'under way', completed: 'done' },
    ...{ blocked: 'left open', skipped: 'skipped' },
  },
  abbreviations:
    'e.g. i.e. Dr. Mr. Mrs. Ms. Prof. St. vs. approx. No. p. Fig. cf. Jr. Sr. a.m. p.m. U.S. ca. min. max. Eq. Ch. pp.'.split(
      ' ',
    ),
  ordinalsAfter: [],
  months: [],
};
