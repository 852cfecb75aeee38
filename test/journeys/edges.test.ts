/** What comes from outside of Signalbox and is out of the ordinary: names, numbers of things, connections. */
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { create, shipped, typed, userChange } from '../support/acting.ts';
import { catalogText, startTestbed } from '../support/testbed.ts';

it('a name with half a character, an ampersand and NUL is stored, shown and searched like any other', async () => {
  const bed = await startTestbed();
  const odd = 'R&D <ana> \ud800\0';
  const olivia = bed.sandbox.world.users.get(bed.ids.olivia);
  if (olivia === undefined) throw new Error('There is no olivia.');
  Object.assign(olivia, { name: odd });
  await bed.sandbox.deliver(
    'event',
    userChange(bed, 'Ev-odd', 'olivia', { name: 'olivia', profile: { display_name: odd } }),
  );
  await create(bed, '2.14.0');
  const card = await bed.card();
  expect(JSON.stringify(card.blocks)).toContain('R&amp;D &lt;ana&gt; ��');
  expect(JSON.stringify(card.blocks)).not.toMatch(/R&D|<ana>/);
  olivia.deleted = true;
  await bed.sandbox.deliver(
    'event',
    userChange(bed, 'Ev-gone', 'olivia', { deleted: true, profile: { display_name: odd } }),
  );
  await typed(bed, 'rita', 'doctor');
  const said = bed.as('rita').privately(bed.channels.team).at(-1);
  expect(JSON.stringify(said?.blocks)).toContain(
    'Group checkout-owners names R&amp;D &lt;ana&gt; ��, who cannot act here.',
  );
  expect(JSON.stringify(said?.blocks)).not.toMatch(/&(?!amp;|lt;|gt;)/);
});

it('of more channels than one page has each is found, and the list is read once', async () => {
  const bed = await startTestbed({ keep: false });
  for (let n = 0; n < 450; n += 1) bed.sandbox.addChannel(`other-${n}`);
  const last = bed.sandbox.addChannel('team-last');
  const services = Array.from(
    { length: 30 },
    (_, n) => `  svc-${n}: { owners: checkout-owners, channel: "#other-${n * 15}", tier: 3 }`,
  ).join('\n');
  const before = bed.sandbox.api.calls.length;
  await bed.useCatalog(
    catalogText(bed.ids).replace(
      'services:\n',
      `services:\n${services}\n  late: { owners: checkout-owners, channel: "#team-last", tier: 3 }\n`,
    ),
  );
  const lists = bed.sandbox.api.calls.slice(before).filter(({ method }) => method === 'conversations.list');
  expect(lists).toHaveLength(3);
  await bed.as('olivia').command('/release', 'new late 1.0.0 "Faster basket"', bed.channels.team);
  expect(await bed.channelText(last)).toContain('late 1.0.0');
});

it('a slow connection is closed by the server, whether its head or its body does not come, and is no error of ours', async () => {
  const bed = await startTestbed();
  const answerTo = (begin: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let said = '';
      const socket = connect(bed.app.port, '127.0.0.1', () => socket.write(begin));
      socket.on('error', reject);
      socket.on('data', (data) => {
        said += data.toString('utf8');
      });
      socket.on('close', () => resolve(said));
    });
  const [headers, body] = await Promise.all([
    answerTo('POST /slack/events HTTP/1.1\r\nHost: x\r\n'),
    answerTo(
      `POST /slack/events HTTP/1.1\r\nHost: x\r\nX-Slack-Request-Timestamp: ${Math.floor(Date.now() / 1_000)}\r\nContent-Length: 100\r\n\r\nab`,
    ),
  ]);
  for (const said of [headers, body]) expect(said).toContain('HTTP/1.1 408 Request Timeout');
  expect(bed.logs.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
}, 30_000);

it('a busy day is a dozen messages to an approver, not one for each thing that happens', async () => {
  const bed = await startTestbed();
  for (let n = 1; n <= 3; n += 1) {
    await create(bed, `2.${n}.0`);
    for (let m = 0; m < 4; m += 1) {
      await typed(bed, 'olivia', `change add checkout@2.${n}.0 https://git.example.com/${n}${m}`);
      await typed(bed, 'olivia', `schedule checkout@2.${n}.0 ${10 + m}:3${n}`);
    }
    await typed(bed, 'bella', `ask checkout@2.${n}.0 "Was it load tested?"`);
    await typed(bed, 'olivia', `hold checkout@2.${n}.0 "The DBA is away"`);
    await typed(bed, 'olivia', `resume checkout@2.${n}.0`);
  }
  await shipped(bed, '2.9.0');
  await bed.settled();
  const posted = bed.sandbox.api.calls.filter(({ method }) => method === 'chat.postMessage');
  const to = (name: 'adam' | 'bella' | 'olivia'): number =>
    posted.filter(({ args }) => args['channel'] === `D${bed.ids[name].slice(1)}`).length;
  expect(posted.length).toBeGreaterThan(10);
  expect(to('adam')).toBeLessThanOrEqual(12);
  expect(to('bella')).toBeLessThanOrEqual(12);
  expect(to('olivia')).toBeLessThanOrEqual(12);
});
