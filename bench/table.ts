import type { Figure } from './figures.ts';

/** Figures for people: names to the left, numbers under each other at their decimal points. */
export function renderTable(figures: readonly Figure[]): string {
  const cells = figures.map(({ name, value, unit }) => ({ name, unit, digits: shown(value) }));
  const nameWidth = Math.max(...cells.map(({ name }) => name.length));
  const digitsWidth = Math.max(...cells.map(({ digits }) => digits.length));
  return cells
    .map(({ name, digits, unit }) => `${name.padEnd(nameWidth)}  ${digits.padStart(digitsWidth)} ${unit}`)
    .join('\n');
}

/** A whole number leaves room for places that it does not have, so that the points stay in one column. */
function shown(value: number): string {
  return Number.isInteger(value)
    ? `${value.toLocaleString('en')}   `
    : value.toLocaleString('en', { minimumFractionDigits: 2 });
}
