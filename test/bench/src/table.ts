import type { Spread } from './statistics.ts';
import type { TargetSummary } from './summary.ts';

/** What the terminal shows of one case. */
export function table(summaries: readonly TargetSummary[]): string {
  const floors = summaries.filter(({ floor }) => floor).map(({ name }) => name);
  const header = [
    '',
    'calls/s (min–max)',
    'p50 ms',
    'p99 ms',
    'CPU ms/call',
    'RSS MB',
    ...floors.flatMap((name) => [`calls/s of ${name}`, `CPU of ${name}`]),
  ];
  const rows = summaries.map((summary) => [
    `${summary.name}${summary.floor ? ' (floor)' : ''}${summary.generatorWasTheLimit ? ' *' : ''}`,
    range(summary.callsPerSecond),
    summary.p50Ms.median.toFixed(2),
    summary.p99Ms.median.toFixed(2),
    summary.cpuMsPerCall.median.toFixed(4),
    summary.rssMb.median.toFixed(0),
    ...floors.flatMap((name) => {
      const ratios = summary.ofFloor[name];
      return [
        `${(ratios?.callsPerSecond ?? Number.NaN).toFixed(2)} ×`,
        `${(ratios?.cpuMsPerCall ?? Number.NaN).toFixed(2)} ×`,
      ];
    }),
  ]);
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  const note = summaries.some(({ generatorWasTheLimit }) => generatorWasTheLimit)
    ? ['* the generator was the limit: the true figure is higher']
    : [];
  return [header, ...rows].map(line).concat(note).join('\n');
}

function range({ median, min, max }: Spread): string {
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  return `${whole(median)} (${whole(min)}–${whole(max)})`;
}
