/** Why a row rule is refused. Thrown while it is read, and turned into a value by `checkPredicate`. */
export class PredicateRefusal extends Error {
  override readonly name = 'PredicateRefusal';
  /** Where, in bytes of the statement that the parser was given. */
  readonly byte: number | undefined;

  constructor(reason: string, byte?: number) {
    super(reason);
    this.byte = byte;
  }
}
