import { requirement } from '@causeway/test-e2e/requirement';
import { expect, vi } from 'vitest';
import { stackRound } from './src/stack-round.ts';
import { violationsText } from './src/violation.ts';

// A round of seconds; `pnpm chaos stack` goes on for as long as one likes.
vi.setConfig({ testTimeout: 400_000 });

requirement(
  ['audit-exactly-once', 'audit-every-attempt', 'mcp-stateless'],
  'kills, pauses, cut connections, a full disk, clocks and policies at random: no foreign row, no answer without its row, no failure without a cause',
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const { signal } = new AbortController();
    const report = await stackRound({ backend: 'redis', seed, seconds: 20, signal, report: () => undefined });
    const broken = violationsText(`redis, seed ${seed}`, report.violations);
    expect(broken, broken).toBe('');
    expect(report.answered).toBeGreaterThan(100);
    expect(report.faults.size).toBeGreaterThan(3);
  },
);
