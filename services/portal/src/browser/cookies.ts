import type { IncomingMessage, ServerResponse } from 'node:http';

export interface CookieJar {
  read(request: IncomingMessage, name: CookieName): string | undefined;
  write(response: ServerResponse, name: CookieName, cookie: Cookie): void;
  clear(response: ServerResponse, name: CookieName): void;
}

interface Cookie {
  readonly value: string;
  readonly maxAgeSeconds: number;
}

type CookieName = 'session' | 'sign_in';

/** RFC 6265bis §4.1.3.2: over https `__Host-` keeps other hosts of the domain from planting one. Over http a browser refuses it. */
export function createCookieJar(publicUrl: string): CookieJar {
  const isHttps = publicUrl.startsWith('https:');
  const full = (name: CookieName) => `${isHttps ? '__Host-' : ''}causeway_${name}`;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isHttps ? '; Secure' : ''}`;
  return {
    read: ({ headers }, name) => {
      const found = (headers.cookie ?? '')
        .split(';')
        .map((pair) => pair.trim().split('='))
        .filter(([key]) => key === full(name));
      // Two of one name: somebody planted one of them.
      return found.length === 1 ? found[0]?.[1] : undefined;
    },
    write: (response, name, { value, maxAgeSeconds }) => {
      response.appendHeader('set-cookie', `${full(name)}=${value}; Max-Age=${maxAgeSeconds}; ${attributes}`);
    },
    clear: (response, name) => {
      response.appendHeader('set-cookie', `${full(name)}=; Max-Age=0; ${attributes}`);
    },
  };
}
