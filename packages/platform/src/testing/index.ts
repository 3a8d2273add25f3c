export type { ContractWorld } from './contract-world.ts';
export { DEMO_MODEL, DEMO_POLICY, demoPolicy } from './demo-policy.ts';
export { type Deal, sampleDeals } from '../sample/deals.ts';
export { sampleDocuments } from '../sample/documents.ts';
export { conversations } from '../postgres/analyst/testing/generated-questions.ts';
export { describePlatform } from './platform-contract.ts';
export { existingPolicy } from './start-existing-world.ts';
export { startDemoWorld } from './start-demo-world.ts';
