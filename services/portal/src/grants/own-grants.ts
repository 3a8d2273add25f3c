/** Names under which the revocation and introspection endpoints reach the one place where clients prove themselves. */
export const REVOKE_GRANT = 'urn:causeway:inside:revoke';
export const INTROSPECT_GRANT = 'urn:causeway:inside:introspect';
