import { AppError } from '@causeway/core';

export interface DescribedError {
  readonly type: string;
  readonly code?: string;
  readonly message?: string;
  readonly stack?: readonly string[];
  readonly cause?: DescribedError;
}

const CAUSES_MAX = 3;
const FRAMES_MAX = 12;

/**
 * An error as the log may hold it. Only an AppError's message is written for the log: the text of any other exception may
 * quote a row, an argument or a connection string, so of those the type, the code and the stack frames are kept.
 */
export function describeError(thrown: unknown, causes = CAUSES_MAX): DescribedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown };
  const code = codeOf(thrown);
  return {
    type: thrown.name,
    ...(code !== undefined && { code }),
    ...(thrown instanceof AppError && { message: thrown.message }),
    stack: stackFrames(thrown),
    ...(thrown.cause !== undefined && causes > 0 && { cause: describeError(thrown.cause, causes - 1) }),
  };
}

/** Codes such as ECONNREFUSED, 42501 or invalid_token; anything longer or stranger is text, not a code. */
function codeOf(error: Error): string | undefined {
  // Redis says its code, such as NOPERM, as the first word of the text.
  if (error.name === 'ReplyError') return /^[A-Z]{3,20}(?= )/.exec(error.message)?.[0];
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[\w.-]{1,48}$/.test(code) ? code : undefined;
}

/** The frames of the stack. Its head repeats the message, which may have lines that look like frames, and is cut off. */
function stackFrames(error: Error): string[] {
  const stack = error.stack ?? '';
  const at = stack.indexOf(error.message);
  const tail = at < 0 ? stack : stack.slice(at + error.message.length);
  const frames = tail.split('\n').filter((line) => /^ {4}at /.test(line));
  return frames.slice(0, FRAMES_MAX).map((line) => line.slice(7));
}
