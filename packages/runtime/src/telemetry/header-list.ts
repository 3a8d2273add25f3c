/**
 * `name=value,name=value` with percent-encoded values, as OTEL_EXPORTER_OTLP_HEADERS and OTEL_RESOURCE_ATTRIBUTES are written. Undefined
 * when it is not such a list.
 */
export function parseHeaderList(text: string): Readonly<Record<string, string>> | undefined {
  const pairs: [string, string][] = [];
  for (const part of text.split(',').filter((piece) => piece.trim() !== '')) {
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim();
    const value = decoded(part.slice(at + 1).trim());
    if (at < 1 || !NAME.test(name) || value === undefined || !VALUE.test(value)) return undefined;
    pairs.push([name, value]);
  }
  return Object.fromEntries(pairs);
}

// RFC 9110 §5.6.2 and §5.5: nothing that could end the header line and begin another.
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
