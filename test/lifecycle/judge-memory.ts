export interface MemorySample {
  readonly minute: number;
  readonly rssMb: number;
  readonly heapMb: number;
}

export interface MemoryVerdict {
  readonly isFlat: boolean;
  readonly text: string;
}

/** Caches fill and the compiler works in the first part of a run; what grows after that grows for ever. */
const WARM_UP = 0.4;
/** Of the least heap after a collection, from the first to the last part of what is left: more is growth, less is noise. */
const GROWTH_MAX = 0.1;
const GROWTH_MIN_MB = 8;

/** Whether memory is flat: the floor of the heap and the resident set, early against late. */
export function judgeMemory(samples: readonly MemorySample[]): MemoryVerdict {
  const warm = samples.slice(Math.floor(samples.length * WARM_UP));
  const part = Math.floor(warm.length / 3);
  if (part < 3) return { isFlat: false, text: `only ${samples.length} samples: too short to say anything` };
  const [early, late] = [warm.slice(0, part), warm.slice(-part)];
  const heap = compare(early, late, ({ heapMb }) => heapMb);
  const rss = compare(early, late, ({ rssMb }) => rssMb);
  const isFlat = !heap.grows && !rss.grows;
  return { isFlat, text: `${isFlat ? 'flat' : 'GROWS'}: heap ${heap.text}, resident ${rss.text}` };
}

function compare(early: readonly MemorySample[], late: readonly MemorySample[], of: (sample: MemorySample) => number) {
  // The least of each part is what a collection left; the rest is rubbish that waits for the next one.
  const [before, after] = [Math.min(...early.map(of)), Math.min(...late.map(of))];
  const grows = after - before > Math.max(GROWTH_MIN_MB, before * GROWTH_MAX);
  return { grows, text: `${before.toFixed(0)} → ${after.toFixed(0)} MB` };
}
