/** The OpenAPI document as a page that needs nothing but itself: no script, no network. */
export type Schema = {
  $ref?: string;
  type?: string | readonly string[];
  enum?: readonly unknown[];
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  items?: Schema;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  const?: unknown;
};
export type Operation = {
  operationId?: string;
  'x-token-scope'?: string;
  'x-reads-only'?: boolean;
  summary?: string;
  description?: string;
  tags?: readonly string[];
  parameters?: readonly { name: string; in: string; required?: boolean; description?: string; schema?: Schema }[];
  requestBody?: { content: Readonly<Record<string, { schema: Schema }>> };
  responses?: Readonly<Record<string, { description: string; content?: Readonly<Record<string, { schema: Schema }>> }>>;
};
export type ApiDocument = {
  info: { title: string; version: string; description?: string };
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components?: { schemas?: Readonly<Record<string, Schema>> };
};

const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const nameOfRef = (ref: string): string => ref.split('/').at(-1) ?? ref;

/** A schema in a few words: `string`, `"wait" or "deny"`, `list of Change`. */
const typeWords = (schema: Schema | undefined): string => {
  if (schema === undefined) return 'anything';
  if (schema.$ref !== undefined) return nameOfRef(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' or ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map(typeWords).join(' or ');
  if (schema.items !== undefined) return `list of ${typeWords(schema.items)}`;
  return typeof schema.type === 'string' ? schema.type : (schema.type ?? ['object']).join(' or ');
};

const fieldRows = ({ properties = {}, required = [] }: Schema): string =>
  Object.entries(properties)
    .map(
      ([name, field]) =>
        `<tr><td><code>${html(name)}</code>${required.includes(name) ? ' ●' : ''}</td><td>${html(typeWords(field))}</td><td>${html(field.description ?? '')}</td></tr>`,
    )
    .join('');

const schemaTable = (schema: Schema | undefined): string =>
  schema?.properties === undefined ? `<p>${html(typeWords(schema))}</p>` : `<table>${fieldRows(schema)}</table>`;

const bodyOf = (content: Readonly<Record<string, { schema: Schema }>> | undefined): Schema | undefined =>
  Object.values(content ?? {})[0]?.schema;

const operation = (path: string, method: string, it: Operation): string => {
  const parameters = (it.parameters ?? [])
    .map(
      (each) =>
        `<tr><td><code>${html(each.name)}</code>${each.required === true ? ' ●' : ''}</td><td>${html(`${each.in}, ${typeWords(each.schema)}`)}</td><td>${html(each.description ?? '')}</td></tr>`,
    )
    .join('');
  const body = it.requestBody === undefined ? '' : `<h4>Body</h4>${schemaTable(bodyOf(it.requestBody.content))}`;
  const done = Object.entries(it.responses ?? {}).find(([status]) => status.startsWith('2'));
  const answer =
    done === undefined
      ? ''
      : `<h4>Answer ${html(done[0])}</h4><p>${html(done[1].description)}</p>${schemaTable(bodyOf(done[1].content))}`;
  return `<details id="${html(`${method}${path}`)}"><summary><b>${html(method.toUpperCase())}</b> <code>${html(path)}</code> ${html(it.summary ?? '')}</summary>
<p>${html(it.description ?? '')}</p>${parameters === '' ? '' : `<table>${parameters}</table>`}${body}${answer}</details>`;
};

const STYLE = `:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
code,pre{font:13px/1.5 ui-monospace,monospace}pre{background:#8882;padding:.8rem;overflow:auto;border-radius:6px}
details{border-top:1px solid #8884;padding:.5rem 0}summary{cursor:pointer}table{border-collapse:collapse;width:100%}
td{border-top:1px solid #8883;padding:.25rem .5rem .25rem 0;vertical-align:top}td:first-child{white-space:nowrap}`;

export const docsPage = ({ info, paths, components }: ApiDocument): string => {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, it]) => ({ path, method, it, tag: it.tags?.[0] ?? 'Other' })),
  );
  const tags = [...new Set(all.map(({ tag }) => tag))];
  const groups = tags
    .map(
      (tag) =>
        `<h2>${html(tag)}</h2>${all
          .filter((each) => each.tag === tag)
          .map(({ path, method, it }) => operation(path, method, it))
          .join('\n')}`,
    )
    .join('\n');
  const schemas = Object.entries(components?.schemas ?? {})
    .map(([name, schema]) => `<details><summary><code>${html(name)}</code></summary>${schemaTable(schema)}</details>`)
    .join('\n');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${html(info.title)}</title><style>${STYLE}</style><h1>${html(info.title)}</h1><p>${html(info.description ?? '')}</p>
<pre>curl -s -X POST "$SIGNALBOX_URL/v1/gate" -H "Authorization: Bearer $SIGNALBOX_TOKEN" -H "Content-Type: application/json" \\
  -d '{"service":"checkout","version":"2.14.0","environment":"production","wait":60}'</pre>
<p>● has to be given. The same as a document: <a href="/v1/openapi.json">/v1/openapi.json</a></p>
${groups}<h2>Schemas</h2>${schemas}</html>`;
};
