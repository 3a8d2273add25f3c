/** Objects die young here; a small nursery is collected sooner and in less time, and takes some 130 MB less (docs/performance.md). */
export const NODE_FLAGS = ['--max-semi-space-size=4'] as const;
