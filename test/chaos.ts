// `pnpm chaos`: random faults against the audit trail. `pnpm chaos soak [--minutes N]`: full load, and whether memory stays flat.
await (process.argv[2] === 'soak' ? import('./lifecycle/soak.ts') : import('./audit/src/chaos.ts'));
