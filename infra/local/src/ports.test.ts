import { expect, test } from 'vitest';

import { readPorts } from './ports.ts';
import { StackProblem } from './stack-problem.ts';

test('without settings the ports are those of the contract', () => {
  expect(readPorts({})).toEqual({
    portal: 8700,
    mcp: 8701,
    auditWorker: 8702,
    obo: 8703,
    identityProviders: 8710,
    partnerApi: 8711,
    databricks: 8712,
    postgres: 8715,
  });
});

test('each can be set', () => {
  expect(readPorts({ CAUSEWAY_PORT_POSTGRES: '15432' }).postgres).toBe(15_432);
});

test('names every wrong setting at once, and two that collide', () => {
  const settings = { CAUSEWAY_PORT_IDP: '0', CAUSEWAY_PORT_MCP: 'abc', CAUSEWAY_PORT_POSTGRES: '8711' };
  let problem: unknown;
  try {
    readPorts(settings);
  } catch (error) {
    problem = error;
  }
  expect(problem).toBeInstanceOf(StackProblem);
  const text = (problem as StackProblem).toText();
  expect(text).toContain('CAUSEWAY_PORT_IDP');
  expect(text).toContain('CAUSEWAY_PORT_MCP');
  expect(text).toContain('CAUSEWAY_PORT_PARTNER_API and CAUSEWAY_PORT_POSTGRES are both 8711');
});
