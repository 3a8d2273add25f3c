/** The question cannot be answered as it was asked. The message is for the person who asked. */
export class Unclear extends Error {
  override readonly name = 'Unclear';
}
