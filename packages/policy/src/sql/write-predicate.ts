import type { Predicate, TimeType, Value } from './predicate.ts';

/** How an engine spells the few things in which engines differ. The rest of the language is common SQL. */
export interface Dialect {
  identifier(name: string): string;
  string(text: string): string;
  time(type: TimeType, text: string): string;
  readonly callerEmail: string;
  readonly currentDate: string;
}

/** A row rule in the SQL of one engine. Written from the tree alone: no character of the policy's own text is pasted. */
export function writePredicate(predicate: Predicate, dialect: Dialect): string {
  if ('negated' in predicate) return `${writeValue(predicate.value, dialect)} ${writeTest(predicate, dialect)}`;
  switch (predicate.kind) {
    case 'and':
    case 'or':
      return predicate.of.map((part) => writePart(part, dialect)).join(predicate.kind === 'and' ? ' AND ' : ' OR ');
    case 'not':
      return `NOT (${writePredicate(predicate.of, dialect)})`;
    case 'compare':
      return `${writeValue(predicate.left, dialect)} ${predicate.operator} ${writeValue(predicate.right, dialect)}`;
    case 'holds':
      return writeValue(predicate.value, dialect);
  }
}

type Test = Extract<Predicate, { readonly negated: boolean }>;

function writeTest(test: Test, dialect: Dialect): string {
  const not = test.negated ? 'NOT ' : '';
  const value = (of: Value) => writeValue(of, dialect);
  switch (test.kind) {
    case 'in':
      return `${not}IN (${test.list.map(value).join(', ')})`;
    case 'between':
      return `${not}BETWEEN ${value(test.low)} AND ${value(test.high)}`;
    case 'is-null':
      return `IS ${not}NULL`;
    case 'like':
      return `${not}LIKE ${dialect.string(test.pattern)}`;
  }
}

function writePart(predicate: Predicate, dialect: Dialect): string {
  const text = writePredicate(predicate, dialect);
  return predicate.kind === 'and' || predicate.kind === 'or' ? `(${text})` : text;
}

function writeValue(value: Value, dialect: Dialect): string {
  switch (value.kind) {
    case 'column':
      return dialect.identifier(value.name);
    case 'caller-email':
      return dialect.callerEmail;
    case 'string':
      return dialect.string(value.text);
    case 'number':
      return value.digits;
    case 'boolean':
      return String(value.value);
    case 'null':
      return 'NULL';
    case 'current-date':
      return dialect.currentDate;
    case 'call':
      return `${value.function}(${value.args.map((arg) => writeValue(arg, dialect)).join(', ')})`;
    case 'time':
      return dialect.time(value.type, value.text);
  }
}
