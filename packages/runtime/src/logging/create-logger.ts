import { type DestinationStream, destination, pino, stdTimeFunctions } from 'pino';
import { plainJson } from './plain-json.ts';
import { redact, redactText } from './redact.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** The text is ours and constant; what varies goes into the fields, where it is redacted. */
export type Log = (text: string, fields?: LogFields) => void;

export interface Logger {
  readonly debug: Log;
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
  /** Also writes out everything that is buffered. */
  readonly fatal: Log;
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  /** Where lines go; stdout when left out. */
  readonly destination?: DestinationStream;
}

/** JSON lines on stdout, written in blocks off the request path; flushed every half second, on fatal and at exit. */
export function createLogger(options: LoggerOptions): Logger {
  const logger = pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: (line) => plainJson(redactText(line)) },
    },
    options.destination ?? destination({ fd: 1, sync: false, minLength: 4096, periodicFlush: 500 }),
  );
  return facade(logger);
}

/** Every field passes through here, those of child loggers too: pino's own formatter skips them. */
function facade(logger: pino.Logger): Logger {
  const at =
    (level: Exclude<LogLevel, 'silent' | 'trace'>): Log =>
    (text, fields) => {
      if (!logger.isLevelEnabled(level)) return;
      logger[level](fields === undefined ? {} : redact(fields), text);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: (fields) => facade(logger.child(redact(fields) as LogFields)),
  };
}
