import type { ModelDimension, ModelMeasure, ModelRelation, SemanticModel } from './semantic-model.ts';
import { COLUMN_NAMES, countName } from '../plan/column-names.ts';
import { numberOf } from './number-of.ts';

export interface ModelFinding {
  readonly path: readonly string[];
  readonly message: string;
}

/** What a schema cannot see: names that must exist elsewhere in the model, and names that would collide in an answer. */
export function checkSemanticModel(model: SemanticModel): readonly ModelFinding[] {
  return Object.entries(model.relations).flatMap(([name, relation]) =>
    checkRelation(relation).map(({ path, message }) => ({ path: ['relations', name, ...path], message })),
  );
}

function checkRelation(relation: ModelRelation): readonly ModelFinding[] {
  const { numbers, dimensions, measures, date } = relation;
  const missing = (path: readonly string[], name: string | undefined, known: object): ModelFinding[] =>
    name === undefined || Object.hasOwn(known, name) ? [] : [{ path, message: `there is no "${name}" here` }];
  return [
    ...relation.list.flatMap((name, index) =>
      missing(['list', String(index)], name, { ...numbers, ...dimensions, ...date }),
    ),
    ...missing(['defaultNumber'], relation.defaultNumber, numbers),
    ...missing(['defaultMeasure'], relation.defaultMeasure, measures),
    ...Object.entries(measures).flatMap(([name, measure]) =>
      checkMeasure(relation, measure).map(({ path, message }) => ({ path: ['measures', name, ...path], message })),
    ),
    ...Object.entries(dimensions).flatMap(([name, dimension]) =>
      checkDimension(dimension).map(({ path, message }) => ({ path: ['dimensions', name, ...path], message })),
    ),
    ...checkNames(relation),
  ];
}

function checkMeasure(relation: ModelRelation, measure: ModelMeasure): readonly ModelFinding[] {
  if ('ratio' in measure) return measure.ratio.flatMap((name, index) => checkPart(relation, name, String(index)));
  const target = numberOf(measure);
  return [
    ...(target === undefined || Object.hasOwn(relation.numbers, target)
      ? []
      : [{ path: [], message: `there is no number "${target}"` }]),
    ...('distinct' in measure && !Object.hasOwn(relation.dimensions, measure.distinct)
      ? [{ path: ['distinct'], message: `there is no dimension "${measure.distinct}"` }]
      : []),
    ...Object.keys(measure.where ?? {})
      .filter((name) => !Object.hasOwn(relation.dimensions, name))
      .map((name) => ({ path: ['where', name], message: `there is no dimension "${name}"` })),
  ];
}

function checkPart({ measures }: ModelRelation, name: string, index: string): readonly ModelFinding[] {
  const part = Object.hasOwn(measures, name) ? measures[name] : undefined;
  if (part === undefined) return [{ path: ['ratio', index], message: `there is no measure "${name}"` }];
  return 'ratio' in part ? [{ path: ['ratio', index], message: 'a ratio of ratios is not possible' }] : [];
}

function checkDimension({ values, sets, lookup }: ModelDimension): readonly ModelFinding[] {
  if (lookup && values !== undefined)
    return [{ path: ['lookup'], message: 'values are listed here or looked up, not both' }];
  return Object.entries(sets).flatMap(([name, { values: named }]) =>
    named
      .filter((value) => values === undefined || !Object.hasOwn(values, value))
      .map((value) => ({ path: ['sets', name], message: `"${value}" is not among the values` })),
  );
}

function checkNames(relation: ModelRelation): readonly ModelFinding[] {
  const { numbers, dimensions, measures, date } = relation;
  const seen = new Set<string>([...COLUMN_NAMES, countName(relation)]);
  const findings: ModelFinding[] = [];
  for (const [part, names] of Object.entries({ numbers, dimensions, measures, date })) {
    for (const name of Object.keys(names)) {
      if (seen.has(name))
        findings.push({ path: [part, name], message: 'this name is taken: answers have one column of a name' });
      seen.add(name);
    }
  }
  return findings;
}
