import { describe, expect, test } from 'vitest';
import { functionSizes, sizeProblems } from './function-sizes.ts';

const sized = (...lines: number[]) => lines.map((count) => ({ name: `a.ts f${count}`, lines: count }));

describe('the sizes of functions', () => {
  test('counts declarations, methods and arrows with a name, with their comments; callbacks are not counted', () => {
    const source = [
      'export async function declared() {',
      '  // why',
      '  [1].map((n) => n);',
      '}',
      'const arrow = () => 1;',
      'class A {',
      '  method() {',
      '    return 1;',
      '  }',
      '}',
      'const object = {',
      '  inside() {',
      '    return 1;',
      '  },',
      '};',
    ].join('\n');
    expect(functionSizes('a.ts', source)).toEqual([
      { name: 'a.ts declared', lines: 4 },
      { name: 'a.ts arrow', lines: 1 },
      { name: 'a.ts method', lines: 3 },
      { name: 'a.ts inside', lines: 3 },
    ]);
  });

  test('a source that does not parse is an error, not a file without functions', () => {
    expect(() => functionSizes('a.ts', 'function (')).toThrow('a.ts');
  });

  test('refuses a median above ten lines', () => {
    expect(sizeProblems(sized(1, 11, 12))).toEqual(['the median function has 11 lines, more than 10']);
    expect(sizeProblems(sized(1, 10, 12))).toEqual([]);
  });

  test('refuses a function above sixty lines by its name', () => {
    expect(sizeProblems(sized(1, 2, 3, 60, 61))).toEqual(['a.ts f61 has 61 lines, more than 60']);
  });
});
