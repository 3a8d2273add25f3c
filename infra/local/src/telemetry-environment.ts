/** The standard variables of OpenTelemetry, for every service. Not its name: each service has its own. */
export function telemetryEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const isTheirs = (name: string) => name.startsWith('OTEL_') && name !== 'OTEL_SERVICE_NAME';
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => isTheirs(entry[0]) && entry[1] !== undefined),
  );
}
