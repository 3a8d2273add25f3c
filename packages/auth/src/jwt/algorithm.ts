/** RFC 8725 §3.1, §3.2: asymmetric ones only. `none` and the HMAC family cannot even be named. */
export type Algorithm = 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'EdDSA';
