/** Numbers that JavaScript may not hold as they are written: all others have 15 digits at most. */
const LONG_NUMBER = /[\d.]{16}/;
/** The longest that a number of JavaScript's is without an exponent. */
const DECIMAL_CHARS_MAX = 400;

/**
 * JSON, with each number that JavaScript would change left as its text: what a database holds more finely than it was handed in is
 * another value.
 */
export function exactJson(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text);
  return JSON.parse(text, keepExact as Reviver);
}

type Reviver = (key: string, value: unknown) => unknown;

const keepExact = (_key: string, value: unknown, { source = '' }: { readonly source?: string }): unknown =>
  typeof value === 'number' && !isSame(source, value) ? source : value;

const isSame = (source: string, value: number): boolean =>
  source.length <= DECIMAL_CHARS_MAX && decimal(source) === decimal(String(value));

/** One spelling for each number. */
function decimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const short = digits.replace(/0+$/, '');
  return short === '' ? '0' : `${sign}${short}e${Number(exponent) - fraction.length + digits.length - short.length}`;
}
