const LENGTH_MAX = 500;

/** A place of our own to return to, or `/`. Nothing that a browser could read as another host (open redirect). */
export function localPath(given: string | null | undefined): string {
  if (given === null || given === undefined || given.length > LENGTH_MAX) return '/';
  // `//host`, `/\host` and control characters are how a path becomes another host.
  if (!/^\/(?![/\\])[\w/.?=&%~-]*$/.test(given)) return '/';
  return new URL(given, 'https://portal.invalid').origin === 'https://portal.invalid' ? given : '/';
}
