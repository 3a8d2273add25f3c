/**
 * A busy service is mostly garbage that nobody has collected yet. The nursery is half as large as V8 would let it grow; old objects are
 * collected when there is nearly twice as much of them, and not only at 220 MB (docs/performance.md).
 */
export const NODE_FLAGS = [
  '--max-semi-space-size=8',
  '--initial-old-space-size=64',
  '--heap-growing-percent=80',
] as const;

/**
 * glibc keeps a heap for each thread, up to eight a core, of which no other thread gets what one frees; and it keeps what is free at a
 * heap's end, the more the larger the pieces were that it gave out.
 */
export const MALLOC_ENVIRONMENT = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '1048576' } as const;
