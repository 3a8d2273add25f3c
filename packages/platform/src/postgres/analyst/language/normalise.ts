const QUESTION_MAX = 2000;

export type Normalised =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: keyof typeof HYGIENE };

export const HYGIENE = {
  empty: 'Please ask a question.',
  too_long: `The question is longer than ${QUESTION_MAX} characters. Please ask a shorter one.`,
  invisible: 'The question holds invisible or control characters. Please type it anew.',
  foreign_letters: 'I read English questions in Latin letters only.',
} as const;

/** Directions, joiners, tags and the like, which show one text and mean another; and everything that is no character at all. */
const INVISIBLE = /\p{C}|\p{Default_Ignorable_Code_Point}/u;
/** Look-alikes from other alphabets would make unknown words of known ones, or names of other names. */
const FOREIGN_LETTER = /(?=[\p{L}\p{M}])[^\p{Script=Latin}\p{Script=Inherited}\p{Script=Common}]/u;

/** The question as plain text of one kind. What could deceive a reader is refused, not repaired. */
export function normalise(question: string): Normalised {
  if (question.length > QUESTION_MAX) return { ok: false, reason: 'too_long' };
  const text = question
    .replaceAll(/[\t\r\n\u00A0\u2028\u2029]/g, ' ')
    .normalize('NFKC')
    .replaceAll(/[\u2018\u2019\u02BC\u0060\u00B4]/g, "'")
    .replaceAll(/[\u201C\u201D]/g, '"')
    .trim();
  if (INVISIBLE.test(text)) return { ok: false, reason: 'invisible' };
  if (FOREIGN_LETTER.test(text)) return { ok: false, reason: 'foreign_letters' };
  // Compatibility forms can be longer than what was sent.
  if (text.length > QUESTION_MAX) return { ok: false, reason: 'too_long' };
  return text === '' ? { ok: false, reason: 'empty' } : { ok: true, text };
}
