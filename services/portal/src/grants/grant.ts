import type { Attempt } from '../attempt/attempt.ts';

/** A client that has just proved itself, or is public and has only named itself. */
export interface ProvenClient {
  readonly id: string;
  readonly isConfidential: boolean;
  readonly method: 'none' | 'client_secret' | 'private_key_jwt';
}

export interface GrantRequest {
  readonly client: ProvenClient;
  /** A parameter that was sent twice where it may be is a list. */
  readonly parameters: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly attempt: Attempt;
}

/** One way to get a token: answers the body of the response, or throws the refusal. */
export type Grant = (request: GrantRequest) => Promise<Readonly<Record<string, unknown>>>;

/** The parameters of one grant, by name, and those of which RFC 8707 and RFC 8693 allow several. */
export interface GrantType {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly repeatable: readonly string[];
  readonly grant: Grant;
}
