import type { Round, TargetRounds } from './run-case.ts';
import { type Spread, spread } from './statistics.ts';

export interface TargetSummary {
  readonly name: string;
  readonly floor: boolean;
  readonly callsPerSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly cpuMsPerCall: Spread;
  readonly rssMb: Spread;
  /** By floor: the medians of the ratios within each round. CPU is the steadier one on a machine that others use too. */
  readonly ofFloor: Readonly<Record<string, FloorRatios>>;
  readonly generatorWasTheLimit: boolean;
}

interface FloorRatios {
  readonly callsPerSecond: number;
  readonly cpuMsPerCall: number;
}

/** Above this share of a core, the generator was as busy as what it measures. */
const GENERATOR_CORES_MAX = 0.95;

export function summarize(results: readonly TargetRounds[]): TargetSummary[] {
  const floors = results.filter(({ target }) => target.floor);
  return results.map((result) => {
    const of = (value: (round: Round) => number) => spread(result.rounds.map(value));
    return {
      name: result.target.name,
      floor: result.target.floor ?? false,
      callsPerSecond: of(rate),
      p50Ms: of((round) => round.p50),
      p99Ms: of((round) => round.p99),
      cpuMsPerCall: of((round) => round.cpuMsPerCall),
      rssMb: of((round) => round.rssMb),
      ofFloor: Object.fromEntries(floors.map((floor) => [floor.target.name, ratios(result, floor)])),
      generatorWasTheLimit: of((round) => round.generatorCores ?? 0).median > GENERATOR_CORES_MAX,
    };
  });
}

/** The rounds are interleaved, so only rounds of the same number saw the same machine. */
function ratios(result: TargetRounds, floor: TargetRounds): FloorRatios {
  const of = (value: (round: Round) => number) =>
    spread(
      result.rounds.map((round, index) => {
        const floorRound = floor.rounds[index];
        return floorRound ? value(round) / value(floorRound) : Number.NaN;
      }),
    ).median;
  return { callsPerSecond: of(rate), cpuMsPerCall: of((round) => round.cpuMsPerCall) };
}

function rate({ calls, seconds }: Round): number {
  return calls / seconds;
}
