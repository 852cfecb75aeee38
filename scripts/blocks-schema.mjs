/** Writes src/sandbox/blocks-schema.json: the structure of blocks and views, generated from the types that Slack publishes. Run after an update of @slack/types. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const generator = createGenerator({
  path: here('./blocks-schema-types.ts'),
  type: 'Shown',
  skipTypeCheck: true,
  additionalProperties: false,
  jsDoc: 'none',
  tsconfig: here('./blocks-schema.tsconfig.json'),
});
writeFileSync(here('../src/sandbox/blocks-schema.json'), `${JSON.stringify(generator.createSchema('Shown'))}\n`);
