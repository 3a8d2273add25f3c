import type { Policy } from '../schema.ts';
import { databricksIdentifier, databricksString } from './dialects.ts';

/** The credential is read from a secret scope when the statement runs: it is never in the script. */
export function databricksConnections(connections: Policy['connections']): readonly string[] {
  return Object.entries(connections).flatMap(([name, { baseUrl, credentialFile, grants }]) => {
    const { protocol, hostname, port, pathname } = new URL(baseUrl);
    const options = [
      ['host', databricksString(`${protocol}//${hostname}`)],
      ['port', databricksString(port === '' ? '443' : port)],
      ['base_path', databricksString(pathname)],
      ...(credentialFile === undefined
        ? []
        : [['bearer_token', `secret('causeway', ${databricksString(name)})`] as const]),
    ].map(([key = '', value = '']) => `  ${key} ${value}`);
    const id = databricksIdentifier(name);
    return [
      `CREATE CONNECTION IF NOT EXISTS ${id} TYPE HTTP OPTIONS (\n${options.join(',\n')}\n)`,
      ...grants.map((group) => `GRANT USE CONNECTION ON CONNECTION ${id} TO ${databricksIdentifier(group)}`),
    ];
  });
}
