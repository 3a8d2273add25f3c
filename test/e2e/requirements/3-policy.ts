/** Contract section 3: the policy document. */
export const policy = {
  'policy-strict': 'An unknown key in the policy is an error.',
  'policy-all-errors-with-line': 'causeway policy check FILE names every error with its line.',
  'policy-refused-whole': 'A policy with one wrong part is refused as a whole.',
  'policy-own-group': 'The group of the name of a role is always among its groups.',
  'policy-tool-needs-dataset': 'A tool without its dataset is not listed.',
  'policy-rows-union': 'Several groups see the union of their rows.',
  'policy-explain': 'causeway policy explain says what a role or token may do, and which rule decided.',
  'policy-sql-postgres': 'causeway policy sql --dialect postgres prints the governance SQL.',
  'policy-sql-databricks': 'causeway policy sql --dialect databricks prints the governance SQL for Unity Catalog.',
  'policy-diff': 'causeway policy diff OLD NEW says who gains and who loses what.',
  'policy-file-or-variable': 'policy check, explain and diff take a FILE or use CAUSEWAY_POLICY.',
  'policy-sql-file-or-variable': 'policy sql takes a FILE or uses CAUSEWAY_POLICY.',
  'policy-loopback-private': 'Loopback counts as private in network, and is an error in production.',
  'reload-2s': 'A good edit of the policy holds in every process within 2 seconds.',
  'reload-symlink-swap': 'A swapped symlink (a mounted ConfigMap) is noticed.',
  'reload-bad-edit-keeps-old': 'A bad edit is reported and the policy before it stays.',
  'reload-digest-differs':
    'A process refuses a policy whose data, roles or connections differ from what db apply stored, and says so in health.',
  'reload-token-and-policy': 'On every call the principal and scopes are those of the token and of the current policy.',
  'policy-foreign-tables-untouched': 'A table that Causeway did not create is never altered, moved or re-owned.',
} as const;
