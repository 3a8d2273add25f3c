/** Owns the table and the function. Nobody logs in as it. */
export const OWNER = 'causeway_audit';
/** The worker's login: it may call `audit.append` and nothing else. */
export const WORKER = 'causeway_audit_worker';
/** The login of `causeway audit`: it may read. */
export const READER = 'causeway_audit_reader';
/** The one chain of this version. */
export const MAIN_CHAIN = 'main';
/** Where the table is. The view `audit.tool_calls` over it comes from the policy, which says who reads it. */
export const BASE = 'audit_base';
