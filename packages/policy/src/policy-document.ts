import type { PathSegment, Position, Problem } from './problem.ts';
import type { Revocations } from './revocations.ts';
import type { Policy } from './schema.ts';

/** A policy that was checked, with what is needed to say which line of which file decided. */
export interface PolicyDocument {
  readonly policy: Policy;
  readonly file: string;
  /** Of the whole policy: in every audit event. */
  readonly digest: string;
  /** Of what the data engine enforces: compared with what `causeway db apply` stored there. */
  readonly engineDigest: string;
  readonly warnings: readonly Problem[];
  readonly locate: (path: readonly PathSegment[]) => Position;
  /** Revocations that the document itself does not hold. */
  readonly revocations?: Revocations;
}
