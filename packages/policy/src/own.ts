/** A record's own value. A name from a token may be `constructor`: what every object inherits must not answer for it. */
export function own<T>(record: Readonly<Partial<Record<string, T>>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
