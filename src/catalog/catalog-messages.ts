/** The request to a second admin: which version waits, what it touches, and one button. */

import type { OtherRenderer } from '../courier/message.ts';
import { sensitiveParts } from '../domain/catalog/change.ts';
import { message, noLongerNeeded } from '../situation/show.ts';
import { ACTIONS } from '../slack/ids.ts';
import { actions, fact } from '../slack/kit.ts';
import { dateToken, md } from '../slack/mrkdwn.ts';
import { catalogVersion, currentCatalog, isOvertaken } from './catalog-store.ts';
import { catalogSubject } from './take-effect.ts';

export const catalogAsk: OtherRenderer = async (db, what) => {
  const number = Number(what.subject.slice(catalogSubject(0).length - 1));
  const waiting = await catalogVersion(db, what.workspace, number);
  const current = await currentCatalog(db, what.workspace);
  if (waiting === null || current === null) return null;
  if (waiting.activeAt !== null)
    return noLongerNeeded(
      `Catalog version ${number} is active`,
      md`catalog version ${number} is active since ${dateToken(waiting.activeAt)}.`,
    );
  if (await isOvertaken(db, what.workspace, number))
    return noLongerNeeded(
      `Catalog version ${number} was overtaken`,
      md`catalog version ${current.version} is newer than ${number}.`,
    );
  const parts = sensitiveParts(current, waiting.document);
  return message(
    `Activate catalog version ${number}? It changes ${parts.join(', ')}`,
    [
      md`*Activate catalog version ${number}?*`,
      fact('Changes', md`${parts.join(', ')}`),
      fact('Proposed', waiting.by === 'signalbox' ? md`by the file behind CATALOG_FILE` : md`by an admin`),
      md`Until a second admin says so, version ${current.version} stays active. Read the difference in your repository first.`,
    ],
    actions([
      {
        text: 'Activate',
        action: ACTIONS.activateCatalog,
        value: String(number),
        style: 'primary',
        confirm: { title: `Activate version ${number}?`, text: `It changes ${parts.join(', ')}.`, yes: 'Activate' },
      },
    ]),
  );
};

/** After the installation, to those who may set it up. */
export const welcome: OtherRenderer = async (db, what) => {
  const catalog = await currentCatalog(db, what.workspace);
  if (catalog !== null)
    return message('Signalbox is set up', [md`Done: Signalbox is set up here, catalog version ${catalog.version}.`]);
  return message(
    'Signalbox is installed: set it up in two minutes',
    [
      md`*Signalbox is installed here.*`,
      md`Six questions make the first rules; nothing is posted before you plan a release.`,
    ],
    actions([{ text: 'Set up, 2 min', action: ACTIONS.setupOpen, value: what.audience, style: 'primary' }]),
  );
};
