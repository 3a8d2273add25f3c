/** Why a scenario, or a check of it, is not passed. */
const WHY = {
  SUITE_FIXTURE:
    'It calls a tool that only the suite’s own example server has. Whether it is refused rightly is checked elsewhere.',
  NO_RESOURCES: 'This server has tools only: no resources, no prompts, and it says so in its capabilities.',
  NO_PROMPTS: 'This server has tools only: no prompts and nothing to complete, and it says so in its capabilities.',
  NO_LOGGING: 'This server sends no log messages to clients, and says so in its capabilities.',
  NO_QUESTIONS:
    'No tool asks the client anything back (elicitation, sampling, roots): there is one answer to one request.',
  NO_TASKS: 'The tasks extension is not offered: a call ends within its deadline.',
  NO_SESSIONS: 'There are no sessions and no stream to resume: any replica answers any request.',
  NO_PARAMETER_HEADERS: 'No argument of a tool travels as a header.',
} as const;

export type Revision = '2026-07-28' | '2025-11-25';

interface Reviewed {
  readonly why: (typeof WHY)[keyof typeof WHY];
  /** Each check that does not pass, with what the suite says of it. */
  readonly checks: Readonly<Record<string, 'FAILURE' | 'WARNING' | 'SKIPPED'>>;
}

/** The scenarios of the official suite that this server does not pass as a whole. All others have to pass; so does every check that is not named. */
export const NOT_PASSED: Readonly<Record<Revision, Readonly<Record<string, Reviewed>>>> = {
  '2026-07-28': {
    caching: {
      why: WHY.NO_RESOURCES,
      checks: {
        'sep-2549-prompts-list-caching-hints': 'FAILURE',
        'sep-2549-resources-list-caching-hints': 'FAILURE',
        'sep-2549-resources-read-caching-hints': 'SKIPPED',
        'sep-2549-resources-templates-list-caching-hints': 'FAILURE',
      },
    },
    'completion-complete': { why: WHY.NO_PROMPTS, checks: { 'completion-complete': 'FAILURE' } },
    'http-custom-header-server-validation': {
      why: WHY.NO_PARAMETER_HEADERS,
      checks: {
        'sep-2243-server-decode-base64': 'FAILURE',
        'sep-2243-server-no-xmcp-tool': 'FAILURE',
        'sep-2243-server-reject-invalid-param-chars': 'FAILURE',
        'sep-2243-server-reject-param-mismatch': 'FAILURE',
        'sep-2243-server-validate-param-match': 'FAILURE',
      },
    },
    'input-required-result-basic-elicitation': {
      why: WHY.NO_QUESTIONS,
      checks: { 'sep-2322-elicitation-incomplete': 'FAILURE' },
    },
    'input-required-result-basic-list-roots': {
      why: WHY.NO_QUESTIONS,
      checks: { 'sep-2322-list-roots-incomplete': 'FAILURE' },
    },
    'input-required-result-basic-sampling': {
      why: WHY.NO_QUESTIONS,
      checks: { 'sep-2322-sampling-incomplete': 'FAILURE' },
    },
    'input-required-result-capability-check': {
      why: WHY.NO_QUESTIONS,
      checks: { 'sep-2322-respect-client-capabilities': 'FAILURE' },
    },
    'input-required-result-ignore-extra-params': {
      why: WHY.NO_QUESTIONS,
      checks: { 'sep-2322-ignore-unexpected-params': 'WARNING' },
    },
    'input-required-result-missing-input-response': {
      why: WHY.NO_QUESTIONS,
      checks: { 'sep-2322-missing-response-rerequests': 'WARNING' },
    },
    'input-required-result-multi-round': { why: WHY.NO_QUESTIONS, checks: { 'sep-2322-multi-round-r1': 'FAILURE' } },
    'input-required-result-multiple-input-requests': {
      why: WHY.NO_QUESTIONS,
      checks: { 'sep-2322-multiple-inputs-incomplete': 'FAILURE' },
    },
    'input-required-result-non-tool-request': {
      why: WHY.NO_QUESTIONS,
      checks: { 'sep-2322-non-tool-incomplete': 'FAILURE' },
    },
    'input-required-result-request-state': {
      why: WHY.NO_QUESTIONS,
      checks: { 'sep-2322-request-state-incomplete': 'FAILURE' },
    },
    'input-required-result-result-type': {
      why: WHY.NO_QUESTIONS,
      checks: { 'sep-2322-result-type-included': 'FAILURE' },
    },
    'input-required-result-tampered-state': {
      why: WHY.NO_QUESTIONS,
      checks: { 'sep-2322-reject-tampered-state': 'FAILURE' },
    },
    'json-schema-2020-12': { why: WHY.SUITE_FIXTURE, checks: { 'json-schema-2020-12-tool-found': 'FAILURE' } },
    'prompts-get-embedded-resource': { why: WHY.NO_PROMPTS, checks: { 'prompts-get-embedded-resource': 'FAILURE' } },
    'prompts-get-simple': { why: WHY.NO_PROMPTS, checks: { 'prompts-get-simple': 'FAILURE' } },
    'prompts-get-with-args': { why: WHY.NO_PROMPTS, checks: { 'prompts-get-with-args': 'FAILURE' } },
    'prompts-get-with-image': { why: WHY.NO_PROMPTS, checks: { 'prompts-get-with-image': 'FAILURE' } },
    'prompts-list': { why: WHY.NO_PROMPTS, checks: { 'prompts-list': 'FAILURE' } },
    'resources-list': { why: WHY.NO_RESOURCES, checks: { 'resources-list': 'FAILURE' } },
    'resources-read-binary': { why: WHY.NO_RESOURCES, checks: { 'resources-read-binary': 'FAILURE' } },
    'resources-read-text': { why: WHY.NO_RESOURCES, checks: { 'resources-read-text': 'FAILURE' } },
    'resources-templates-read': { why: WHY.NO_RESOURCES, checks: { 'resources-templates-read': 'FAILURE' } },
    'sep-2164-resource-not-found': {
      why: WHY.NO_RESOURCES,
      checks: { 'sep-2164-data-uri': 'WARNING', 'sep-2164-error-code': 'WARNING' },
    },
    'server-stateless': {
      why: WHY.SUITE_FIXTURE,
      checks: {
        'sep-2575-http-server-no-independent-requests-on-stream': 'FAILURE',
        'sep-2575-missing-capability-http-400': 'FAILURE',
        'sep-2575-server-honors-notification-filter': 'SKIPPED',
        'sep-2575-server-no-log-without-loglevel': 'FAILURE',
        'sep-2575-server-rejects-undeclared-capability': 'FAILURE',
        'sep-2575-server-sends-prompts-list-changed-on-subscription': 'SKIPPED',
        'sep-2575-server-sends-subscription-ack': 'SKIPPED',
        'sep-2575-server-sends-tools-list-changed-on-subscription': 'SKIPPED',
        'sep-2575-server-tags-subscription-id': 'SKIPPED',
      },
    },
    'tasks-capability-negotiation': {
      why: WHY.NO_TASKS,
      checks: {
        'sep-2663-server-rejects-undeclared-client': 'FAILURE',
        'sep-2663-tasks-methods-non-declaring': 'FAILURE',
        'tasks-extension-advertised': 'FAILURE',
        'tasks-per-request-meta-opt-in': 'FAILURE',
      },
    },
    'tasks-dispatch-and-envelope': {
      why: WHY.NO_TASKS,
      checks: {
        'sep-2663-durable-create-strong-consistency': 'FAILURE',
        'sep-2663-legacy-task-param-ignored': 'FAILURE',
        'sep-2663-tasks-get-invalid-task-id-32602': 'FAILURE',
        'tasks-immediate-result-shortcut': 'FAILURE',
        'tasks-result-type-complete-on-non-task-responses': 'FAILURE',
        'tasks-server-directed-creation-no-hint': 'FAILURE',
      },
    },
    'tasks-lifecycle': {
      why: WHY.NO_TASKS,
      checks: {
        'sep-2663-cancel-ack-empty-result': 'FAILURE',
        'sep-2663-result-type-task-on-create': 'FAILURE',
        'sep-2663-tasks-get-status-completed': 'FAILURE',
        'sep-2663-tasks-get-status-failed': 'FAILURE',
        'sep-2663-tasks-get-status-working': 'FAILURE',
        'sep-2663-tool-error-uses-completed-status': 'FAILURE',
        'tasks-cancel-terminal-idempotent-ack': 'FAILURE',
        'tasks-sync-tool-call': 'FAILURE',
      },
    },
    'tasks-mrtr-composition': {
      why: WHY.NO_TASKS,
      checks: { 'sep-2663-mrtr-synchronous-before-task-creation': 'FAILURE' },
    },
    'tasks-mrtr-input': {
      why: WHY.NO_TASKS,
      checks: {
        'sep-2663-tasks-get-status-input-required': 'FAILURE',
        'tasks-mrtr-partial-fulfillment': 'FAILURE',
        'tasks-mrtr-tasks-update-resumes': 'FAILURE',
      },
    },
    'tasks-request-headers': {
      why: WHY.NO_TASKS,
      checks: {
        'sep-2663-routing-headers-accepted-on-tasks-get': 'FAILURE',
        'sep-2663-server-rejects-mismatched-mcp-name-on-tasks-get': 'FAILURE',
        'tasks-headers-tolerate-mcp-method-on-tools-call': 'FAILURE',
      },
    },
    'tasks-request-state-removal': { why: WHY.NO_TASKS, checks: { 'tasks-request-state-removal-setup': 'FAILURE' } },
    'tasks-required-task-error': {
      why: WHY.NO_TASKS,
      checks: { 'sep-2663-server-returns-missing-capability-when-required': 'FAILURE' },
    },
    'tasks-status-notifications': { why: WHY.NO_TASKS, checks: { 'tasks-status-notifications': 'SKIPPED' } },
    'tasks-wire-fields': {
      why: WHY.NO_TASKS,
      checks: {
        'tasks-no-early-ttl-expiry': 'FAILURE',
        'tasks-no-related-task-meta-on-inlined-result': 'FAILURE',
        'tasks-wire-field-renames': 'FAILURE',
      },
    },
    'tools-call-audio': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-audio': 'FAILURE' } },
    'tools-call-embedded-resource': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-embedded-resource': 'FAILURE' } },
    'tools-call-error': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-error': 'FAILURE' } },
    'tools-call-image': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-image': 'FAILURE' } },
    'tools-call-mixed-content': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-mixed-content': 'FAILURE' } },
    'tools-call-simple-text': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-simple-text': 'FAILURE' } },
    'tools-call-with-progress': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-with-progress': 'FAILURE' } },
  },
  '2025-11-25': {
    'completion-complete': { why: WHY.NO_PROMPTS, checks: { 'completion-complete': 'FAILURE' } },
    'elicitation-sep1034-defaults': { why: WHY.NO_QUESTIONS, checks: { 'elicitation-sep1034-general': 'FAILURE' } },
    'elicitation-sep1330-enums': { why: WHY.NO_QUESTIONS, checks: { 'elicitation-sep1330-general': 'FAILURE' } },
    'json-schema-2020-12': { why: WHY.SUITE_FIXTURE, checks: { 'json-schema-2020-12-tool-found': 'FAILURE' } },
    'logging-set-level': { why: WHY.NO_LOGGING, checks: { 'logging-set-level': 'FAILURE' } },
    'prompts-get-embedded-resource': { why: WHY.NO_PROMPTS, checks: { 'prompts-get-embedded-resource': 'FAILURE' } },
    'prompts-get-simple': { why: WHY.NO_PROMPTS, checks: { 'prompts-get-simple': 'FAILURE' } },
    'prompts-get-with-args': { why: WHY.NO_PROMPTS, checks: { 'prompts-get-with-args': 'FAILURE' } },
    'prompts-get-with-image': { why: WHY.NO_PROMPTS, checks: { 'prompts-get-with-image': 'FAILURE' } },
    'prompts-list': { why: WHY.NO_PROMPTS, checks: { 'prompts-list': 'FAILURE' } },
    'resources-list': { why: WHY.NO_RESOURCES, checks: { 'resources-list': 'FAILURE' } },
    'resources-read-binary': { why: WHY.NO_RESOURCES, checks: { 'resources-read-binary': 'FAILURE' } },
    'resources-read-text': { why: WHY.NO_RESOURCES, checks: { 'resources-read-text': 'FAILURE' } },
    'resources-subscribe': { why: WHY.NO_RESOURCES, checks: { 'resources-subscribe': 'FAILURE' } },
    'resources-templates-read': { why: WHY.NO_RESOURCES, checks: { 'resources-templates-read': 'FAILURE' } },
    'resources-unsubscribe': { why: WHY.NO_RESOURCES, checks: { 'resources-unsubscribe': 'FAILURE' } },
    'server-sse-multiple-streams': {
      why: WHY.NO_SESSIONS,
      checks: { 'server-sse-multiple-streams-session': 'WARNING' },
    },
    'server-sse-polling': { why: WHY.NO_SESSIONS, checks: { 'server-sse-polling-session': 'WARNING' } },
    'tools-call-audio': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-audio': 'FAILURE' } },
    'tools-call-elicitation': { why: WHY.NO_QUESTIONS, checks: { 'tools-call-elicitation': 'FAILURE' } },
    'tools-call-embedded-resource': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-embedded-resource': 'FAILURE' } },
    'tools-call-error': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-error': 'FAILURE' } },
    'tools-call-image': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-image': 'FAILURE' } },
    'tools-call-mixed-content': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-mixed-content': 'FAILURE' } },
    'tools-call-sampling': { why: WHY.NO_QUESTIONS, checks: { 'tools-call-sampling': 'FAILURE' } },
    'tools-call-simple-text': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-simple-text': 'FAILURE' } },
    'tools-call-with-logging': { why: WHY.NO_LOGGING, checks: { 'tools-call-with-logging': 'FAILURE' } },
    'tools-call-with-progress': { why: WHY.SUITE_FIXTURE, checks: { 'tools-call-with-progress': 'FAILURE' } },
  },
};

/** By name, so that a scenario that is no longer run is noticed. */
export const PASSED: Readonly<Record<Revision, readonly string[]>> = {
  '2026-07-28': [
    'dns-rebinding-protection',
    'http-header-validation',
    'input-required-result-unsupported-methods',
    'input-required-result-validate-input',
    'server-sse-multiple-streams',
    'tools-list',
  ],
  '2025-11-25': ['dns-rebinding-protection', 'ping', 'server-initialize', 'server-session-lifecycle', 'tools-list'],
};
