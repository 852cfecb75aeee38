/** Slack's side of clicks: signed requests over connections that stay open, each timed from its sending to the end of its answer. */
import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import { answer } from './answer.mjs';

let agent = null;
let prepared = [];

const signed = (secret, fields) => {
  const body = new URLSearchParams(fields).toString();
  const at = Math.floor(Date.now() / 1_000);
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': Buffer.byteLength(body),
    'x-slack-request-timestamp': String(at),
    'x-slack-signature': `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`,
  };
  return { body, headers };
};

/** What a pipeline sends: JSON, with its token. */
const asJson = ({ token, ...fields }) => {
  const body = JSON.stringify(fields);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    authorization: `Bearer ${token}`,
  };
  return { body, headers };
};

const send = (url, { body, headers }) =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers, timeout: 70_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode} ${text}`)),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error('No answer in seventy seconds.')));
    sent.on('error', reject);
    sent.end(body);
  });

answer({
  /** Signed before anything is timed. */
  prepare: ({ secret, requests }) => {
    prepared = requests.map((fields) => signed(secret, fields));
  },
  prepareJson: ({ requests }) => {
    prepared = requests.map(asJson);
  },
  go: async ({ url, atOnce, connections = 8 }) => {
    // Connections of their own for each run: one that rested is closed by the server at the moment in which it would be used again.
    agent = new Agent({ keepAlive: true, maxSockets: connections, noDelay: true });
    const waiting = [...prepared];
    const times = [];
    const answers = [];
    const acks = [];
    const started = performance.now();
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const at = performance.now();
        answers.push(await send(url, next));
        times.push(performance.now() - at);
        acks.push(performance.timeOrigin + performance.now());
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    agent.destroy();
    return { times, seconds: (performance.now() - started) / 1_000, answers, acks };
  },
});
