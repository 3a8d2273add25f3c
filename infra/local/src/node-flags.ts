/**
 * A service is mostly garbage that nobody collected yet. A small nursery is collected sooner and in less time; old objects are collected when
 * there is a third more of them, and not at twice as many. It takes no more CPU and half of the memory (docs/performance.md).
 */
export const NODE_FLAGS = [
  '--max-semi-space-size=4',
  '--initial-old-space-size=64',
  '--heap-growing-percent=30',
] as const;

/** glibc keeps a heap for each thread, up to eight a core; what one thread frees no other one gets. */
export const MALLOC_ENVIRONMENT = { MALLOC_ARENA_MAX: '2' } as const;
