import type { Revoked } from '../revocable.ts';

export interface Revocation extends Revoked {
  /** When nothing is left that it could refuse. */
  readonly until: Date;
}

/** Where all processes write down and read what was taken back. */
export interface RevocationLog {
  /** Makes what the log needs to exist. Any number of processes may do it at once. */
  prepare(): Promise<void>;
  add(revocation: Revocation): Promise<void>;
  /** Changes with every addition, and is cheap to ask for. */
  version(): Promise<string>;
  /** Everything that has not run out. */
  all(): Promise<readonly Revocation[]>;
  close(): Promise<void>;
}
