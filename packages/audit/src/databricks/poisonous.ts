/** This very content can never be stored. */
export class Poisonous extends Error {
  override readonly name = 'Poisonous';
}
