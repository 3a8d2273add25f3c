import { once } from 'node:events';
import { createServer } from 'node:https';

import { openCertificates } from './certificates.ts';
import { openCredential } from './credential.ts';
import { createPartnerApp } from './partner-app.ts';

export interface PartnerApiOptions {
  readonly port: number;
  /** Where its CA, its certificate and the credential are kept. */
  readonly dir: string;
}

export interface PartnerApi {
  readonly url: string;
  close(): Promise<void>;
}

export async function startPartnerApi({ port, dir }: PartnerApiOptions): Promise<PartnerApi> {
  const { key, cert } = await openCertificates(dir);
  const server = createServer({ key, cert, minVersion: 'TLSv1.2' }, createPartnerApp(openCredential(dir)));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `https://127.0.0.1:${bound}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      // A slow answer to a caller who is about to end as well is not worth waiting for.
      server.closeAllConnections();
      await closed;
    },
  };
}
