import type { IncomingMessage } from 'node:http';

/** Every value of a header, as it was sent. Node keeps the first of some and drops the rest: two may mean two things to the hops before us. */
export function headersNamed({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
}
