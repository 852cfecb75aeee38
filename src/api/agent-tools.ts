/** The tools of an assistant: every operation of the API's own document, and so of the table of verbs. Nothing is listed here by hand. */
import type { ApiDocument, Operation, Schema } from './docs-page.ts';

export type Tool = {
  name: string;
  title: string;
  description: string;
  inputSchema: { type: 'object'; properties: Record<string, object>; required: string[] };
  /** What a token has to be allowed; `null`: reading, which every token may. */
  scope: string | null;
  readOnly: boolean;
  /** What its path needs. */
  inPath: readonly string[];
  /** The request that it stands for. */
  request: (input: Readonly<Record<string, unknown>>) => { method: string; path: string; body: unknown };
};

/** A schema with everything that it refers to in it: a tool has no document beside it. */
const whole = (schema: Schema, document: ApiDocument): Schema => {
  if (schema.$ref !== undefined) {
    const found = document.components?.schemas?.[schema.$ref.split('/').at(-1) ?? ''];
    return found === undefined ? {} : whole(found, document);
  }
  const each = (list: readonly Schema[] | undefined) => list?.map((one) => whole(one, document));
  return {
    ...schema,
    ...(schema.properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(schema.properties).map(([name, one]) => [name, whole(one, document)]),
          ),
        }),
    ...(schema.items === undefined ? {} : { items: whole(schema.items, document) }),
    ...(schema.anyOf === undefined ? {} : { anyOf: each(schema.anyOf) ?? [] }),
    ...(schema.oneOf === undefined ? {} : { oneOf: each(schema.oneOf) ?? [] }),
  };
};

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? ''));

const toolOf = (path: string, method: string, operation: Operation, document: ApiDocument): Tool => {
  const parameters = (operation.parameters ?? []).filter((each) => each.in === 'path' || each.in === 'query');
  const body = operation.requestBody?.content['application/json']?.schema;
  const sent = body === undefined ? {} : whole(body, document);
  const inPath = parameters.filter((each) => each.in === 'path').map(({ name }) => name);
  const inQuery = parameters.filter((each) => each.in === 'query').map(({ name }) => name);
  return {
    name: (operation.operationId ?? `${method} ${path}`).replaceAll(/[^a-zA-Z0-9]+/g, '_'),
    title: operation.summary ?? path,
    description: [operation.summary, operation.description].filter((text) => text !== undefined).join('. '),
    inputSchema: {
      type: 'object',
      properties: {
        ...Object.fromEntries(
          parameters.map(({ name, schema = {}, description }) => [
            name,
            { ...whole(schema, document), ...(description === undefined ? {} : { description }) },
          ]),
        ),
        ...sent.properties,
      },
      required: [
        ...parameters.filter(({ required }) => required === true).map(({ name }) => name),
        ...(sent.required ?? []),
      ],
    },
    scope: operation['x-token-scope'] ?? null,
    readOnly: method === 'get' || operation['x-reads-only'] === true,
    inPath,
    request: (input) => {
      const at = inPath.reduce(
        (text, name) => text.replace(`{${name}}`, encodeURIComponent(asText(input[name]))),
        path,
      );
      const rest = Object.entries(input).filter(([name]) => !inPath.includes(name) && !inQuery.includes(name));
      // What a reading does not know is asked with it, and refused by name.
      const asked = method === 'get' ? [...inQuery, ...rest.map(([name]) => name)] : inQuery;
      const query = new URLSearchParams(
        asked.flatMap((name): [string, string][] => (input[name] === undefined ? [] : [[name, asText(input[name])]])),
      ).toString();
      const sends = method !== 'get' && (body !== undefined || rest.length > 0);
      return {
        method: method.toUpperCase(),
        path: query === '' ? at : `${at}?${query}`,
        body: sends ? Object.fromEntries(rest) : undefined,
      };
    },
  };
};

export const toolsOf = (document: ApiDocument): readonly Tool[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => toolOf(path, method, operation, document)),
  );
