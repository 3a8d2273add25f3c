/** Something that is measured: targets that do the same work, side by side in the same run. */
export interface BenchCase {
  readonly name: string;
  /** One sentence: what a call does. */
  readonly what: string;
  readonly targets: readonly Target[];
  /** Starts what the targets need (a database). What it returns goes to each target as its `settings`. */
  readonly prepare?: () => Promise<Prepared>;
}

export interface Prepared {
  readonly settings: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
}

export type Target = HttpTarget | DriverTarget;

interface CommonTarget {
  readonly name: string;
  /** A floor does the least that any honest implementation must do. The others are compared with it. */
  readonly floor?: true;
  /** Calls under way at any time. */
  readonly concurrency?: number;
  /** How long a caller waits between an answer and its next call; without it, not at all. */
  readonly restMs?: number;
}

/** A server in a process of its own, called over keep-alive sockets from another process. */
export interface HttpTarget extends CommonTarget {
  readonly kind: 'http';
  /** With which Node runs it in production, and what it finds in the environment there. */
  readonly nodeFlags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** A module that exports `startServer: StartServer`. */
  readonly module: URL;
  /** What is sent; made from the settings where it needs a port or a token of this run. */
  readonly request: BenchRequest | ((settings: Settings) => BenchRequest);
  /** Says of every answer whether it is the right one. One wrong answer fails the run. */
  readonly isRight: (answer: BenchAnswer) => boolean;
}

/** Work without an HTTP server, in a process of its own: `concurrency` loops call the unit. */
export interface DriverTarget extends CommonTarget {
  readonly kind: 'driver';
  /** A module that exports `startDriver: StartDriver`. */
  readonly module: URL;
}

export interface BenchRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface BenchAnswer {
  readonly status: number;
  readonly body: string;
}

export type Settings = Readonly<Record<string, string>>;
export type StartServer = (settings: Settings) => Promise<{ readonly port: number }>;
/** `call` does one unit of work and says whether its result was right. */
export type StartDriver = (settings: Settings) => Promise<{ readonly call: () => Promise<boolean> }>;
