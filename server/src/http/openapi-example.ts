import type { JsonSchema } from './openapi-types.js';

const texts: Record<string, string> = {
  'date-time': '2026-01-02T03:04:05.678Z',
  uri: 'https://example.com/',
  email: 'ava@example.com',
};

const resolve = (schema: JsonSchema, schemas: Record<string, JsonSchema>): JsonSchema => {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1);
  const target = schemas[name];
  if (!target) throw new Error(`The document has no schema ${name}`);
  return target;
};

const givenExample = (schema: JsonSchema): unknown => {
  if (schema.example !== undefined) return schema.example;
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  return Array.isArray(schema.enum) ? schema.enum[0] : undefined;
};

const textFor = (schema: JsonSchema): string => {
  const text = texts[String(schema.format)] ?? 'text';
  return text.padEnd(typeof schema.minLength === 'number' ? schema.minLength : 0, '-');
};

/** A value that fits `schema`: what the schema gives as an example, a default, or else something plain of its type. */
export const exampleOf = (schema: JsonSchema, schemas: Record<string, JsonSchema>): unknown => {
  const given = givenExample(schema);
  if (given !== undefined) return given;
  const target = resolve(schema, schemas);
  if (target !== schema) return exampleOf(target, schemas);
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice) return exampleOf(choice, schemas);
  switch ([schema.type].flat()[0]) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, field]) => [name, exampleOf(field, schemas)]),
      );
    case 'array':
      return schema.items ? [exampleOf(schema.items, schemas)] : [];
    case 'integer':
    case 'number':
      return Math.max(typeof schema.minimum === 'number' ? schema.minimum : 0, 0);
    case 'boolean':
      return false;
    case 'string':
      return textFor(schema);
    default:
      return null;
  }
};
