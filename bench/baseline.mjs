/** What a click is compared with: an empty Bolt listener behind a verified signature that commits one insert on the same pool, then acks. */
import { createServer } from 'node:http';
import { App, HTTPReceiver } from '@slack/bolt';
import { sql } from 'kysely';
import { SECRET } from './workspace.mjs';

export const emptyBolt = async ({ kysely }) => {
  await sql`create table if not exists bench_inserts (id bigint generated always as identity, at text)`.execute(kysely);
  const receiver = new HTTPReceiver({ signingSecret: SECRET, endpoints: ['/slack/events'] });
  const app = new App({
    receiver,
    authorize: () => Promise.resolve({ botToken: 'xoxb-x', botId: 'B', botUserId: 'U' }),
    convoStore: false,
  });
  app.command(/.*/, async ({ ack }) => {
    await sql`insert into bench_inserts (at) values (${new Date().toISOString()})`.execute(kysely);
    await ack();
  });
  const server = createServer(receiver.requestListener.bind(receiver));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/slack/events`,
    request: {
      team_id: 'T',
      user_id: 'U',
      command: '/x',
      text: '',
      trigger_id: 'x',
      channel_id: 'C',
      response_url: 'x',
      api_app_id: 'A',
      is_enterprise_install: 'false',
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
};
