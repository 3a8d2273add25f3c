// `pnpm chaos stack | trail | soak | fuzz`: what takes minutes. Each scenario's own options are in the first line of its file.
const SCENARIOS: Readonly<Record<string, () => Promise<unknown>>> = {
  stack: () => import('./chaos/src/stack.ts'),
  trail: () => import('./audit/src/chaos.ts'),
  soak: () => import('./lifecycle/soak.ts'),
  fuzz: () => import('./chaos/src/fuzz.ts'),
};

const scenario = SCENARIOS[process.argv[2] ?? ''];
if (scenario === undefined) {
  console.error(`pnpm chaos ${Object.keys(SCENARIOS).join(' | ')} [--seed N …]`);
  process.exitCode = 2;
} else {
  await scenario();
}
