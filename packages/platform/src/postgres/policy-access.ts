import type { PolicyDocument } from '@causeway/policy';

/** The policy in force, and the digest of the part of it that the engine enforces. */
export type PolicyAccess = () => Pick<PolicyDocument, 'policy' | 'engineDigest'>;
