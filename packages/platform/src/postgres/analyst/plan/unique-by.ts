/** The last one of each name, in the order in which the names came first. */
export function uniqueBy<T>(all: readonly T[], nameOf: (one: T) => string): T[] {
  return [...new Map(all.map((one) => [nameOf(one), one])).values()];
}
