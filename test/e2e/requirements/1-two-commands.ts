/** Contract section 1: the two commands, the demo people, settings. */
export const twoCommands = {
  'start-bare-machine': 'npm start needs Node 18 or newer and npm, and nothing else.',
  'start-shows-progress': 'npm start shows what it is doing until it is ready.',
  'start-cold-60s': 'A cold npm start is ready within 60 seconds on 2 cores.',
  'start-warm-10s': 'A second npm start is ready within 10 seconds on 2 cores.',
  'start-ready-line': 'When everything is up, npm start prints one line that begins "ready ".',
  'start-endpoint-table': 'When ready, npm start prints a table of the endpoints.',
  'start-demo-people': 'When ready, npm start prints the demo people.',
  'start-call-to-paste': 'When ready, npm start prints a call that works when pasted.',
  'start-ctrl-c-clean': 'After Ctrl-C no process of npm start is left and none of its ports is open.',
  'start-data-in-causeway': 'npm start keeps all its data in .causeway/, and starts anew when that is removed.',
  'start-data-survives': 'What was stored before Ctrl-C is there after the next npm start.',
  'start-port-taken': 'When a port is taken, npm start says plainly which one and ends.',
  'start-policy-option': 'npm start -- --policy FILE runs the stack with that policy.',
  'start-platform-databricks':
    'npm start -- --platform databricks runs the same stack on an emulated workspace, and the first call is the same.',
  'start-twice-refused':
    'A second npm start beside a running one is refused with a clear message, and the first keeps running.',
  'start-damaged-data': 'A half-deleted .causeway/ gets a clear message and nothing in it is destroyed.',
  'start-unwritable': 'A folder that may not be written gets a clear message.',
  'test-one-command': 'npm test installs, runs the whole suite, ends with the count, and fails when a test failed.',
  'ports-default':
    'Portal, mcp, audit-worker, OBO, identity providers, partner API and Postgres are on 8700 to 8715 as listed.',
  'ports-loopback-only': 'Every port of the embedded stack is bound to 127.0.0.1 only.',
  'ports-settable': 'Each port of the embedded stack can be set.',
  'dev-token-only': 'causeway dev token prints a signed token of the demo person on stdout and nothing else.',
  'dev-token-verifies': 'A dev token verifies against the published keys of its provider.',
  'dev-agent-token': 'causeway dev agent-token supervisor prints a token of the agent.',
  'dev-refused-in-production': 'causeway dev refuses to work in production.',
  'people-browser-sign-in': 'Each demo person can sign in by browser at their provider.',
  'people-northwind':
    'northwind issues as Auth0 does (aud an array with openid); wanda is west_sales and erik east_sales.',
  'people-fabrikam': 'fabrikam issues as Okta does; mona is managers and felix finance.',
  'people-contoso': 'contoso issues as Entra v2 does; elena is executive and ada admin.',
  'people-noah-no-role': 'noah of contoso has a valid token and no mapped role.',
  'people-workspace': 'workspace issues tokens for olivia (group finance) and omar (group west_sales).',
  'clients-registered': 'partner-portal, demo-agent-host and the agent supervisor are registered as the contract says.',
  'demo-limits-high': 'The demo policy allows 6,000 calls a minute per caller.',
  'mode-local': 'A process is local exactly when every public URL that it is given is loopback.',
  'mode-production-http':
    'In production a plain-http or loopback provider, client or connection is refused with exit 78.',
  'mode-production-causeway-keys': 'In production keys or secrets under .causeway/ are refused with exit 78.',
  'mode-production-plain-secret':
    'In production a secret in a plain variable instead of a _FILE is refused with exit 78.',
  'mode-production-own-keys':
    'In production a process without its own signing, cookie and handle keys or state store exits 78.',
  'mode-no-node-env': 'NODE_ENV changes nothing.',
  'settings-all-at-once': 'All problems of the settings are reported in one run.',
  'settings-names-only': 'A problem of the settings names the variable and never shows its value.',
  'settings-exit-78': 'Wrong settings end the process with exit code 78.',
  'settings-admin-url-unused': 'No service reads ADMIN_DATABASE_URL.',
  'settings-state-not-warehouse': 'A state database that is the warehouse is refused.',
  'settings-tls-verified': 'TLS to databases and Redis is verified off loopback.',
  'settings-obo-unset-off': 'Without OBO_LISTEN there is no OBO listener.',
  'settings-admin-listen':
    'With ADMIN_LISTEN, /metrics and the detailed /health are served there and not on the main port.',
  'settings-trusted-proxies': 'X-Forwarded-For counts for address limits only from TRUSTED_PROXIES.',
  'services-refuse-strong-login':
    'A service refuses a login that is superuser, bypasses row security, may create roles or owns governed objects.',
} as const;
