import type { TargetRounds } from './run-case.ts';
import { type Spread, spread } from './statistics.ts';

export interface TargetSummary {
  readonly name: string;
  readonly floor: boolean;
  readonly callsPerSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly cpuMsPerCall: Spread;
  readonly rssMb: Spread;
  /** Calls per second as a share of each floor's: the median of the ratios within each round. */
  readonly shareOfFloor: Readonly<Record<string, number>>;
  readonly generatorWasTheLimit: boolean;
}

/** Above this share of a core, the generator was as busy as what it measures. */
const GENERATOR_CORES_MAX = 0.95;

export function summarize(results: readonly TargetRounds[]): TargetSummary[] {
  const floors = results.filter(({ target }) => target.floor);
  return results.map((result) => {
    const of = (value: (round: TargetRounds['rounds'][number]) => number) => spread(result.rounds.map(value));
    return {
      name: result.target.name,
      floor: result.target.floor ?? false,
      callsPerSecond: spread(rates(result)),
      p50Ms: of((round) => round.p50),
      p99Ms: of((round) => round.p99),
      cpuMsPerCall: of((round) => round.cpuMsPerCall),
      rssMb: of((round) => round.rssMb),
      shareOfFloor: Object.fromEntries(floors.map((floor) => [floor.target.name, share(result, floor)])),
      generatorWasTheLimit: of((round) => round.generatorCores ?? 0).median > GENERATOR_CORES_MAX,
    };
  });
}

/** The rounds are interleaved, so only rounds of the same number saw the same machine. */
function share(result: TargetRounds, floor: TargetRounds): number {
  const floorRates = rates(floor);
  return spread(rates(result).map((rate, index) => rate / (floorRates[index] ?? Number.NaN))).median;
}

function rates({ rounds }: TargetRounds): number[] {
  return rounds.map(({ calls, seconds }) => calls / seconds);
}
