import { request } from 'node:http';

export interface ReplicaAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A form to one replica, with the Host of the public address, as a balancer passes it on. */
export function throughReplica(
  { url, replicaUrl }: { readonly url: string; readonly replicaUrl: string },
  path: string,
  {
    form,
    headers = {},
  }: { readonly form: Readonly<Record<string, string>>; readonly headers?: Record<string, string> },
): Promise<ReplicaAnswer> {
  const { hostname, port } = new URL(replicaUrl);
  const body = new URLSearchParams(form).toString();
  const { promise, resolve, reject } = Promise.withResolvers<ReplicaAnswer>();
  const outgoing = request(
    {
      method: 'POST',
      hostname,
      port,
      path,
      headers: {
        ...headers,
        host: new URL(url).host,
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
      },
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as ReplicaAnswer['body'] }),
      );
    },
  );
  outgoing.on('error', reject).end(body);
  return promise;
}
