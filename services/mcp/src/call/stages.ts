import { type SpanName, withLeafSpan, type withSpan } from '@causeway/runtime';

/** What a request spent its time on, for `Server-Timing` and the trace. */
export class Stages {
  #header = '';

  get header(): string {
    return this.#header;
  }

  time<T>(name: string, step: () => T): T {
    const startedAt = performance.now();
    try {
      return step();
    } finally {
      this.#add(name, startedAt);
    }
  }

  async measure<T>(name: string, step: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await step();
    } finally {
      this.#add(name, startedAt);
    }
  }

  /** A step that has a span of its own. */
  span<T>(name: SpanName, step: () => Promise<T>, inSpan: typeof withSpan = withLeafSpan): Promise<T> {
    return this.measure(name, () => inSpan(name, {}, step));
  }

  #add(name: string, startedAt: number): void {
    const part = `${name};dur=${(performance.now() - startedAt).toFixed(3)}`;
    this.#header = this.#header === '' ? part : `${this.#header}, ${part}`;
  }
}
