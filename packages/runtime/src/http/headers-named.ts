import type { IncomingMessage } from 'node:http';

/** Every value of a header, as it was sent. Node keeps the first of some and drops the rest: two may mean two things to the hops before us. */
export function headersNamed({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [field = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    if (field.length === name.length && field.toLowerCase() === name) values.push(value);
  }
  return values;
}
