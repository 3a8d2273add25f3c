/**
 * A busy service is mostly garbage that nobody has collected yet. The nursery is half as large as V8 would let it grow; old objects are
 * collected when there is twice as much of them, and not only at 220 MB. With less room the 99th percentile and the portal get slower
 * (docs/performance.md).
 */
export const NODE_FLAGS = [
  '--max-semi-space-size=8',
  '--initial-old-space-size=96',
  '--heap-growing-percent=120',
] as const;

/** glibc keeps a heap for each thread, up to eight a core; what one thread frees no other one gets. */
export const MALLOC_ENVIRONMENT = { MALLOC_ARENA_MAX: '2' } as const;
