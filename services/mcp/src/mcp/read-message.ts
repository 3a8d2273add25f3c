/** RFC 8259 §9 lets a reader bound the depth. Readers behind this one recurse, and would end in their stack's. */
const DEPTH_MAX = 64;

/** The JSON of a body; undefined when it is none, is nested too deep, or names a prototype. */
export function readMessage(body: Buffer): { readonly body: unknown } | undefined {
  try {
    const message: unknown = JSON.parse(body.toString());
    return isPlain(message, 0) ? { body: message } : undefined;
  } catch {
    return undefined;
  }
}

/** Whoever copies such a member sets the prototype of the copy, and a schema does not see it as a member that it does not know. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === DEPTH_MAX || Object.hasOwn(value, '__proto__')) return false;
  return Object.values(value).every((inner) => isPlain(inner, depth + 1));
}
