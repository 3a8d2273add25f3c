import { z } from 'zod';
import { policySchema } from './schema.ts';
import { unwrap } from './schema-tree.ts';

/** The grammar of the policy document as a page: every setting, from the schema that checks it. */
export function policyReference(): string {
  return [
    '# The policy document',
    '',
    'One YAML document says who may see what. `causeway policy check FILE` names everything that is wrong with one, with its line.',
    'An unknown key is an error. So are anchors, aliases, tags, tabs, several documents and duplicate keys.',
    '',
    ...sections(policySchema, []).flatMap(({ title, schema }) => section(title, schema)),
  ].join('\n');
}

interface Section {
  readonly title: string;
  readonly schema: z.ZodObject;
}

/** The document itself, and each map of settings in it. `<name>` stands for names that the document makes up. */
function sections(schema: z.core.$ZodType, path: readonly string[]): Section[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodRecord) return sections(inner.valueType, [...path, '<name>']);
  if (inner instanceof z.ZodArray) return sections(inner.element, [...path.slice(0, -1), `${path.at(-1)}[]`]);
  if (!(inner instanceof z.ZodObject)) return [];
  const own = { title: path.length === 0 ? 'The document' : `\`${path.join('.')}\``, schema: inner };
  return [own, ...settingsOf(inner).flatMap(([key, child]) => sections(child, [...path, key]))];
}

function section(title: string, schema: z.ZodObject): string[] {
  const rows = settingsOf(schema).map(([key, setting]) => [
    `\`${key}\``,
    kindOf(setting),
    whenAbsent(setting),
    described(setting),
  ]);
  return [
    `## ${title}`,
    '',
    '| setting | is | without it | |',
    '| --- | --- | --- | --- |',
    ...rows.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`),
    '',
  ];
}

const described = (schema: z.core.$ZodType): string =>
  z.globalRegistry.get(schema)?.description ?? z.globalRegistry.get(unwrap(schema))?.description ?? '';

const settingsOf = ({ shape }: z.ZodObject) => Object.entries<z.core.$ZodType>(shape);

function kindOf(schema: z.core.$ZodType): string {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => `\`${String(option)}\``).join(', ');
  if (inner instanceof z.ZodLiteral) return [...inner.values].map((value) => `\`${String(value)}\``).join(', ');
  if (inner instanceof z.ZodArray) return `list: ${kindOf(inner.element)}`;
  if (inner instanceof z.ZodRecord) return `map: ${kindOf(inner.keyType)} → ${kindOf(inner.valueType)}`;
  if (inner instanceof z.ZodUnion) return [...new Set(inner.options.map(kindOf))].join(', or ');
  if (inner instanceof z.ZodNumber) return numberKind(inner);
  return inner instanceof z.ZodObject ? 'settings' : 'text';
}

function numberKind({ minValue, maxValue, isInt }: z.ZodNumber): string {
  const from = minValue === 0 && isInt ? 1 : minValue;
  return `${isInt ? 'whole number' : 'number'}, ${String(from)} to ${String(maxValue)}`;
}

function whenAbsent(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodDefault) {
    const value = JSON.stringify(schema.def.defaultValue);
    return value === '[]' || value === '{}' ? 'none' : `\`${value}\``;
  }
  if (schema instanceof z.ZodPrefault) return 'the defaults below';
  return schema instanceof z.ZodOptional ? '–' : '**required**';
}
