/** JSON lets control characters of ISO 6429 and marks of direction stand, which a terminal obeys. Here they are written by their number. */
export function plainJson(json: string): string {
  return ASCII.test(json) ? json : json.replaceAll(STEERING, escaped);
}

const ASCII = /^[\u0020-\u007e\n]*$/;
const STEERING = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu;

const escaped = (character: string): string =>
  Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('');
