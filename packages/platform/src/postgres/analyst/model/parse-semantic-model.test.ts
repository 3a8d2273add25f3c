import { describe, expect, test } from 'vitest';
import { demoModel } from '../testing/read-question.ts';
import { parseSemanticModel } from './parse-semantic-model.ts';

const BASE = `version: 1
relations:
  deals:
    relation: sales.deals
    one: deal
    many: deals
    key: id
    list: [region, amount]
    numbers:
      amount: { column: amount }
    dimensions:
      region: { column: region, values: { WEST: [west] } }
    measures:
      revenue: { sum: amount }
`;

function problemsOf(text: string): string {
  try {
    parseSemanticModel(text, 'model.yaml');
    return 'none';
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
}

describe('a semantic model', () => {
  test('of the demo is sound', () => {
    expect(Object.keys(demoModel().relations)).toEqual(['deals', 'documents']);
  });

  test('may be small', () => {
    expect(problemsOf(BASE)).toBe('none');
  });

  test.for([
    [
      'an unknown setting',
      'key: id',
      'key: id\n    colour: red',
      /model\.yaml:8:5: relations\.deals\.colour: there is no setting/,
    ],
    ['a relation that is not schema.name', 'sales.deals', 'deals', /must be a governed relation/],
    ['SQL for a relation', 'sales.deals', '"sales.deals; DROP"', /must be a governed relation/],
    ['SQL for a column', '{ column: amount }', "{ column: 'amount) FROM x --' }", /must be the name of a column/],
    ['a measure of an unknown number', 'sum: amount', 'sum: amont', /measures\.revenue: there is no number "amont"/],
    ['a list of unknown columns', '[region, amount]', '[region, size]', /list\.1: there is no "size"/],
    ['a default that does not exist', 'key: id', 'key: id\n    defaultMeasure: sales', /there is no "sales"/],
    [
      'a ratio of unknown measures',
      '{ sum: amount }',
      '{ ratio: [won, lost] }',
      /there is no measure "won".*\n.*"lost"/,
    ],
    [
      'a condition on an unknown dimension',
      '{ sum: amount }',
      '{ sum: amount, where: { stage: [won] } }',
      /no dimension "stage"/,
    ],
    ['two columns of one name', 'revenue: {', 'region: {', /this name is taken/],
    ['a name that answers need themselves', 'revenue: {', 'total_rows: {', /this name is taken/],
    ['a synonym that nobody can write', '[west]', "['we;st']", /words of letters and digits/],
    ['an alias', '[west]', '&a [west]\n      other: { column: x, synonyms: *a }', /aliases|:/],
  ] as const)('is refused for %s, at its line', ([, from, to, message]) => {
    expect(BASE).toContain(from);
    expect(problemsOf(BASE.replace(from, to))).toMatch(message);
  });

  test('is refused with everything that is wrong at once', () => {
    const text = BASE.replace('sum: amount', 'sum: x').replace('[region, amount]', '[y]');
    expect(problemsOf(text).split('\n')).toHaveLength(3);
  });
});
