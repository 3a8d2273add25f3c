export { AppError, CallerGone, toAppError } from './app-error.ts';
export { type Agent, type Caller, callerKey, type Human, type Principal } from './caller.ts';
export { type ErrorCode, ERRORS, EXIT_CONFIG } from './errors.ts';
export { isScope, narrowScopes, type Scope, SCOPES } from './scope.ts';
export { Secret } from './secret.ts';
