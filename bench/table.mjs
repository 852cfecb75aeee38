/** The results: collected while the parts run, printed as one table with the ratios first, kept as bench-results.json. */
import { writeFileSync } from 'node:fs';

const rows = [];

/**
 * One line. `ratios` compare with a baseline of the same run; `figures` are of this machine and this moment, and their names end in their
 * unit: `p50_ms`.
 */
export const report = (part, engine, what, { ratios = {}, figures = {} }) => {
  rows.push({ part, engine, what, ratios, figures });
  console.error(`  ${line(rows.at(-1)).filter(Boolean).join('  ')}`);
};

const number = (value) => {
  if (typeof value !== 'number') return String(value ?? '?');
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(Math.abs(value) >= 10 ? 3 : 2);
};

const ratioWords = ([name, value]) => `${name} ${number(value)}×`;
const figureWords = ([key, value]) => {
  const [name, unit = ''] = key.split('_');
  return `${name.replaceAll('-', ' ')} ${number(value)}${unit === '' ? '' : ` ${unit}`}`;
};

const line = ({ part, engine, what, ratios, figures }) => [
  part,
  engine,
  what,
  Object.entries(ratios).map(ratioWords).join(', '),
  Object.entries(figures).map(figureWords).join(', '),
];

/** Prints the table and writes the file. */
export const finish = () => {
  const lines = [['part', 'engine', 'what', 'ratios to the baseline', 'figures'], ...rows.map(line)];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((cells) => cells[column].length)));
  for (const cells of lines)
    console.log(
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  writeFileSync('bench-results.json', `${JSON.stringify(rows, null, 2)}\n`);
};
