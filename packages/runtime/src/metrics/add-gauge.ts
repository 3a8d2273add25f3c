import { Gauge, type Registry } from 'prom-client';

/** A value that is read when somebody asks: keeping it costs nothing. */
export interface ReadGauge {
  readonly name: string;
  readonly help: string;
  /** Undefined or a broken promise: nobody knows, and then there is no number. */
  readonly read: () => number | undefined;
}

export interface LabelledGauge {
  readonly name: string;
  readonly help: string;
  /** Its values come from our own code or the policy, never from a caller. */
  readonly label: string;
  readonly read: () => Iterable<readonly [string, number]> | Promise<Iterable<readonly [string, number]>>;
}

export function addGauge(registry: Registry, { name, help, read }: ReadGauge): void {
  const collect = function (this: Gauge) {
    const value = read();
    this.remove();
    if (value !== undefined) this.set(value);
  };
  registry.registerMetric(new Gauge({ name, help, registers: [], collect }));
}

export function addLabelledGauge(registry: Registry, { name, help, label, read }: LabelledGauge): void {
  const collect = async function (this: Gauge) {
    const values = await read();
    this.reset();
    for (const [key, value] of values) this.set({ [label]: key }, value);
  };
  registry.registerMetric(new Gauge({ name, help, labelNames: [label], registers: [], collect }));
}
