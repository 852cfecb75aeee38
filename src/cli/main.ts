#!/usr/bin/env node
/** `signalbox check | wait | start | …`: a client of the API that needs Node alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { nothingMore, readArguments } from './arguments.ts';
import { clientFor } from './client.ts';
import { COMMANDS } from './commands.ts';
import { EXIT_CODES, Stop, Unreachable } from './exit.ts';
import { HELP } from './help.ts';
import { tellLost } from './lost.ts';
import { speaking } from './speak.ts';
import { memoryFor, ruleFor } from './unreachable.ts';

/** They are about what is named by options alone. */
const ASKING = new Set(['check', 'wait', 'start']);

const main = async (args: readonly string[]): Promise<keyof typeof EXIT_CODES> => {
  const typed = readArguments(args, process.env);
  const [name = ''] = typed.words;
  if (typed.flag('help') || name === 'help' || name === '') {
    process.stdout.write(HELP);
    return name === '' && !typed.flag('help') ? 'misused' : 'allowed';
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined)
    throw new Stop('misused', `there is no command ${name}; there are ${Object.keys(COMMANDS).join(', ')}`);
  if (ASKING.has(name)) nothingMore(typed.words.slice(1), name);
  const url = typed.said('url');
  const token = process.env['SIGNALBOX_TOKEN'] ?? '';
  if (url === null || token === '')
    throw new Stop('misused', 'say where and as whom: SIGNALBOX_URL and SIGNALBOX_TOKEN (an admin makes one in Slack)');
  const speak = speaking(typed.flag('json'), process.stdout, process.stderr);
  const client = clientFor(url, token);
  const memory = memoryFor(client.url, process.env);
  const run = { typed, client, memory, rule: ruleFor(typed, memory), speak, sleep };
  await tellLost(run);
  return command(run);
};

const asJson = process.argv.includes('--json');
try {
  process.exitCode = EXIT_CODES[await main(process.argv.slice(2))];
} catch (error) {
  if (error instanceof Stop || error instanceof Unreachable) {
    process.stderr.write(`✗ ${error.message}${/[.!]$/.test(error.message) ? '' : '.'}\n`);
    if (asJson && error instanceof Stop && error.body !== null) process.stdout.write(`${JSON.stringify(error.body)}\n`);
    process.exitCode = EXIT_CODES[error instanceof Stop ? error.exit : 'unreachable'];
  } else throw error;
}
