/** What a browser without scripts does: cookies by path, redirects, forms. It drives the sign-in pages from the command line and in tests. */
export class PlainBrowser {
  readonly #cookies = new Map<string, { readonly value: string; readonly path: string }>();
  readonly #signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Goes where the redirects lead, and stops at a page or before the address that begins with `stopAt`. */
  async open(
    start: string,
    { form, stopAt }: { form?: Readonly<Record<string, string>>; stopAt?: string } = {},
  ): Promise<Visit> {
    let url = start;
    let fields = form;
    for (let hops = 0; hops < REDIRECTS_MAX; hops += 1) {
      if (stopAt !== undefined && url.startsWith(stopAt)) return { url, page: undefined };
      const response = await this.#request(url, fields);
      const location = response.headers.get('location');
      if (location === null)
        return { url, page: { status: response.status, headers: response.headers, text: await response.text() } };
      await response.body?.cancel();
      url = new URL(location, url).href;
      fields = undefined;
    }
    throw new Error(`more than ${REDIRECTS_MAX} redirects`);
  }

  async #request(url: string, form: Readonly<Record<string, string>> | undefined): Promise<Response> {
    const { pathname } = new URL(url);
    const cookies = [...this.#cookies].filter(([, { path }]) => isBelow(pathname, path));
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'text/html', cookie: cookies.map(([name, { value }]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }),
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const name = pair.slice(0, pair.indexOf('='));
    const value = pair.slice(pair.indexOf('=') + 1);
    const attribute = (wanted: string) =>
      attributes.find((text) => text.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const expires = attribute('expires');
    if (expires !== undefined && Date.parse(expires) <= Date.now()) this.#cookies.delete(name);
    else this.#cookies.set(name, { value, path: attribute('path') ?? '/' });
  }
}

export interface Visit {
  readonly url: string;
  /** `undefined` when the visit stopped before the address. */
  readonly page: { readonly status: number; readonly headers: Headers; readonly text: string } | undefined;
}

const REDIRECTS_MAX = 12;

/** RFC 6265 §5.1.4. */
function isBelow(pathname: string, path: string): boolean {
  return pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}
