/** `npm run docs:config`: writes the table of the configuration into the README. A test fails while they differ. */
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationTable } from '../dist/config.js';

const [before, , after] = readFileSync('README.md', 'utf8').split(
  /(?<=<!-- made by npm run docs:config -->)([\s\S]*?)(?=<!-- end -->)/,
);
writeFileSync('README.md', `${before}\n${configurationTable()}\n${after}`);
