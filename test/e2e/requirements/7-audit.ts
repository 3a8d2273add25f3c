/** Contract section 7: the audit trail. */
export const audit = {
  'audit-every-attempt': 'Every attempt leaves an event: success, error, denial, refused token, malformed call.',
  'audit-fields': 'An event has the fields of the contract.',
  'audit-arguments-allow-list': 'An event holds only the arguments that the tool names as recordable.',
  'audit-kinds': 'Each kind of event is recorded when it happens.',
  'audit-401-access-denied': 'A 401 is recorded as access_denied.',
  'audit-exactly-once': 'What was accepted arrives exactly once, through any kill, outage or lost queue.',
  'audit-before-answer': 'The event is in the journal before the first byte of the answer.',
  'audit-unavailable': 'When the journal cannot be written, calls are refused with audit_unavailable.',
  'audit-flood-summed': 'Refusals of callers who proved nothing are summed up and cannot fill the journal.',
  'audit-policy-digest': 'Every event names the digest of the policy that decided.',
  'audit-producer-gap': 'Each producer numbers its events, so that a gap shows.',
  'audit-worker-append-only': 'The worker may append and nothing else.',
  'audit-tail': 'causeway audit tail shows events, follows, and filters.',
  'audit-export': 'causeway audit export writes JSON or CSV, and no cell of the CSV is a formula.',
  'audit-verify': 'causeway audit verify exits 0 when chain and signed heads hold, and not when a row was changed.',
  'audit-reconcile':
    'causeway audit reconcile exits 0 when nothing accepted is missing or doubled, and counts what is pending.',
  'audit-adopt': 'causeway audit adopt DIR ships the journal of a dead process.',
  'audit-retain': 'causeway audit retain removes what is older than the policy keeps, and the chain still verifies.',
} as const;
