interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

export interface Visit {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

const REDIRECTS_MAX = 15;

/** A browser without scripts: cookies by host and path, redirects, forms. It stops where `stopAt` begins. */
export class TestBrowser {
  /** By host, and there by name and path. */
  readonly #cookies = new Map<string, Map<string, Cookie>>();
  readonly #stopAt: string;
  readonly visited: string[] = [];

  constructor(stopAt = 'http://127.0.0.1:1/') {
    this.#stopAt = stopAt;
  }

  cookieNames(): string[] {
    return this.#all().map(({ name }) => name);
  }

  cookie(name: string): string | undefined {
    return this.#all().find((cookie) => cookie.name === name)?.value;
  }

  plant(url: string, name: string, value: string): void {
    this.#jar(new URL(url)).set(`${name} /`, { name, value, path: '/' });
  }

  async open(url: string | URL, form?: Record<string, string>, headers: Record<string, string> = {}): Promise<Visit> {
    let [at, body] = [new URL(url), form];
    for (let hops = 0; hops < REDIRECTS_MAX; hops++) {
      this.visited.push(at.href);
      if (at.href.startsWith(this.#stopAt)) return { url: at, status: 0, text: '', headers: new Headers() };
      const response = await fetch(at, {
        redirect: 'manual',
        headers: { accept: 'text/html', cookie: this.#header(at), ...headers },
        ...(body !== undefined && { method: 'POST', body: new URLSearchParams(body) }),
      });
      this.#keep(at, response);
      const text = await response.text();
      const next = response.headers.get('location') ?? refreshOf(text);
      if (next === null) return { url: at, status: response.status, text, headers: response.headers };
      at = new URL(next, at);
      body = undefined;
    }
    throw new Error(`too many redirects: ${this.visited.join(' ')}`);
  }

  #all(): Cookie[] {
    return [...this.#cookies.values()].flatMap((jar) => [...jar.values()]);
  }

  #jar(url: URL): Map<string, Cookie> {
    const jar = this.#cookies.get(url.hostname) ?? new Map<string, Cookie>();
    this.#cookies.set(url.hostname, jar);
    return jar;
  }

  #header(url: URL): string {
    const fitting = [...this.#jar(url).values()].filter(({ path }) => url.pathname.startsWith(path));
    return fitting.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  #keep(url: URL, response: Response): void {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      const path = attributes.find((one) => one.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
      const isGone = value === '' || attributes.some((one) => /^max-age=0$|^expires=thu, 01 jan 1970/i.test(one));
      if (isGone) this.#jar(url).delete(`${name} ${path}`);
      else this.#jar(url).set(`${name} ${path}`, { name, value, path });
    }
  }
}

const refreshOf = (text: string): string | null =>
  unescape(/<meta http-equiv="refresh" content="0; url=([^"]*)"/.exec(text)?.[1]) ?? null;

const unescape = (text: string | undefined): string | undefined =>
  text?.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))).replaceAll('&amp;', '&');

/** The hidden fields of a page's form. */
export function fieldsOf(text: string): Record<string, string> {
  const inputs = [...text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]) => tag);
  return Object.fromEntries(
    inputs.map((tag) => [/name="([^"]*)"/.exec(tag)?.[1] ?? '', unescape(/value="([^"]*)"/.exec(tag)?.[1]) ?? '']),
  );
}
