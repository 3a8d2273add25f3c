import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const EXECUTABLE = '/usr/bin/chromium';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real browser with a profile of its own, and whatever it complained of. */
export interface Chromium {
  /** Without cookies of any other. */
  context(): Promise<BrowserContext>;
  /** Errors of the console, of scripts, and of the content security policy. */
  readonly complaints: string[];
  close(): Promise<void>;
}

export async function startChromium(): Promise<Chromium> {
  const dir = mkdtempSync(join(tmpdir(), 'causeway-chromium-'));
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    headless: true,
    args: FLAGS,
    env: { HOME: dir, XDG_CONFIG_HOME: dir, XDG_CACHE_HOME: dir },
  });
  const complaints: string[] = [];
  return {
    complaints,
    context: async () => {
      const context = await browser.newContext({ viewport: { width: 900, height: 1000 } });
      context.on('page', (page) => listen(page, complaints));
      return context;
    },
    close: async () => {
      await browser.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function listen(page: Page, complaints: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
}
