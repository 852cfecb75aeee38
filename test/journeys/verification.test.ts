/** What is done on the way of a deployment and looked at once it is through, as people meet it: the list, several who say so, probes. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import { approve, clickCard, create, typed } from '../support/acting.ts';
import { catalogText, startTestbed, type Testbed } from '../support/testbed.ts';

const last = (bed: Testbed, who: Parameters<Testbed['as']>[0]) => bed.as(who).lastPrivate(bed.channels.team);
const withOwn = (bed: Testbed, own: string): string =>
  catalogText(bed.ids).replace('repository: acme/checkout,', `repository: acme/checkout, ${own},`);

const deploying = async (own: string): Promise<Testbed> => {
  const bed = await startTestbed();
  await bed.useCatalog(withOwn(bed, own));
  await create(bed, '2.14.0');
  await approve(bed, '2.14.0');
  await clickCard(bed, 'olivia', '2.14.0', 'I am starting');
  return bed;
};
const list = (bed: Testbed) => {
  const found = bed.sandbox
    .messagesIn(bed.channels.team)
    .findLast(({ text }) => text.includes('done') && text.includes('→'));
  if (found === undefined) throw new Error('no list');
  return found;
};

describe('a runbook and a list', () => {
  const OWN =
    'runbook: [{ do: Drain the queue, minutes: 5 }, Tell support], verify: { people: 1, checklist: [Buy one thing] }';

  it('stand in the thread of the card; each tick is seen there, and healthy waits for what is to be looked at', async () => {
    const bed = await deploying(OWN);
    expect(list(bed).threadTs).toBe((await bed.card()).ts);
    expect(await bed.channelText(bed.channels.team)).toContain('1. Drain the queue · 5 min');
    expect(await bed.cardText()).toContain('0 of 2 done, next: Drain the queue');
    await bed.pass(7 * MINUTE);
    await bed.as('bella').click(list(bed), 'Done');
    await bed.settled();
    const thread = await bed.channelText(bed.channels.team);
    expect(thread).toMatch(/1\. Drain the queue · bella Tue 3 Mar 10:07|1\. Drain the queue · bella 10:07/);
    expect(thread).toContain('took 7 min · planned 5 min');
    expect(await bed.cardText()).toContain('1 of 2 done, next: Tell support');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    expect(await bed.cardText()).toContain('Not looked at yet: Buy one thing.');
    expect(await typed(bed, 'olivia', 'healthy REL-1')).toContain(
      'Not recorded: checkout 2.14.0 is not looked at yet: Buy one thing. Tick what you have seen, with /release tick REL-1',
    );
    await clickCard(bed, 'olivia', '2.14.0', 'Checks…');
    expect(last(bed, 'olivia')).toContain('To look at once it is through 0 of 1');
    expect(await typed(bed, 'olivia', 'tick REL-1 3')).toContain('Ticked.');
    await clickCard(bed, 'olivia', '2.14.0', 'Healthy');
    expect(await typed(bed, 'adam', 'timeline REL-1')).toContain('says it is healthy');
  });

  it('is taken back, and asks back where a number says nothing', async () => {
    const bed = await deploying(OWN);
    expect(await typed(bed, 'olivia', 'tick REL-1 first')).toContain('tick REL-1 2');
    expect(await typed(bed, 'olivia', 'tick REL-1 9')).toContain('has 3 items');
    await typed(bed, 'olivia', 'tick REL-1 2');
    expect(await typed(bed, 'olivia', 'tick REL-1 2')).toContain('ticked already');
    expect(await typed(bed, 'olivia', 'tick REL-1 2 undo')).toContain('Taken back.');
    expect(await typed(bed, 'stan', 'tick REL-1 2')).toContain('Nothing done');
    expect(await typed(bed, 'olivia', 'tick REL-1')).toContain('0 of 2');
  });

  it('is nobody’s to tick any more once it went back', async () => {
    const bed = await deploying(OWN);
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    await typed(bed, 'olivia', 'unhealthy REL-1 "errors"');
    await bed.settled();
    expect(JSON.stringify(list(bed).blocks)).not.toContain('item_tick');
  });
});

it('two people say that it is healthy: each hears that it is their turn', async () => {
  const bed = await deploying('verify: { people: 2 }');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  expect(await bed.cardText()).toContain('0 of 2 have said that it is healthy; olivia or adam next.');
  await clickCard(bed, 'olivia', '2.14.0', 'Healthy');
  expect(await bed.cardText()).toContain('1 of 2 have said that it is healthy (olivia); adam next.');
  expect(await bed.channelText(bed.channels.team)).toContain('olivia says it is healthy: 1 of 2.');
  const asked = await bed.dmWith('adam', 'checkout 2.14.0');
  await bed.as('adam').click(asked, 'Healthy');
  await bed.settled();
  expect(await bed.cardText()).not.toContain('have said that it is healthy');
});

it('nobody says how it is: whoever deployed is asked after half an hour, the others who look after it four hours later', async () => {
  const bed = await deploying('verify: { minutes: 30 }');
  await clickCard(bed, 'olivia', '2.14.0', 'It went through');
  await bed.pass(29 * MINUTE);
  expect(await bed.dm('olivia')).not.toContain('Nobody has said');
  await bed.pass(2 * MINUTE);
  expect(await bed.dm('olivia')).toContain('Nobody has said whether it is healthy.');
  await bed.pass(4 * HOUR);
  expect(await bed.dm('bella')).toContain('Nobody has said whether it is healthy.');
  await bed.as('bella').click(await bed.dmWith('bella', 'Nobody has said'), 'Healthy');
  await bed.settled();
  expect(await bed.dm('olivia')).not.toContain('Nobody has said');
});

describe('probes', () => {
  let server: Server;
  let status = 200;
  let asked = 0;
  beforeAll(async () => {
    server = createServer((_req, res) => {
      asked += 1;
      res.writeHead(status).end('so so');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => server.close());
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
  const look = async (bed: Testbed, minutes: number): Promise<void> => {
    await bed.pass(minutes * MINUTE);
    await bed.app.probe();
    await bed.pass(0);
  };

  it('that answer well for their time make it healthy; one that fails twice is told, in the thread and to who looks after it', async () => {
    status = 200;
    const bed = await deploying(`health: [{ url: "${url()}" }]`);
    expect(await bed.app.probe()).toBe(0);
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    await look(bed, 1);
    expect(await bed.cardText()).toContain('Else it counts as healthy');
    status = 503;
    await look(bed, 1);
    expect(await bed.channelText(bed.channels.team)).not.toContain('answered 503');
    await look(bed, 1);
    expect(await bed.cardText()).toContain('answered 503');
    for (const who of ['olivia', 'adam'] as const)
      expect(await bed.dm(who)).toContain('checkout 2.14.0 may not be healthy in production');
    status = 200;
    await look(bed, 1);
    expect(await bed.channelText(bed.channels.team)).toContain('is well again in production');
    for (let minute = 0; minute < 29; minute += 1) await look(bed, 1);
    expect(await bed.cardText()).toContain('whether it is healthy');
    await look(bed, 2);
    await bed.pass(0);
    expect(await bed.cardText()).not.toContain('whether it is healthy');
    expect(await typed(bed, 'olivia', 'timeline REL-1')).toContain('It is healthy: its probes have answered well.');
    const before = asked;
    await look(bed, 1);
    await look(bed, 1);
    expect(asked).toBe(before);
  });

  it('stop a rollout at its step', async () => {
    status = 500;
    const bed = await deploying(`strategy: rolling, health: [{ url: "${url()}" }]`);
    await look(bed, 1);
    await look(bed, 1);
    expect(await bed.cardText()).toContain('answered 500');
    expect(await typed(bed, 'olivia', 'step REL-1 next')).toContain('Not gone on: 127.0.0.1');
    status = 200;
    await look(bed, 1);
    expect(await typed(bed, 'olivia', 'step REL-1 next')).toContain('On to the next step.');
  });

  it('that cannot be reached say so, and hold up nothing', async () => {
    const bed = await deploying('health: [{ url: "http://127.0.0.1:9/health" }]');
    await clickCard(bed, 'olivia', '2.14.0', 'It went through');
    await look(bed, 1);
    await look(bed, 1);
    expect(await bed.cardText()).toContain('refused the connection');
  });
});
