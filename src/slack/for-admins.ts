/** What only admins are shown: who is none learns it before anything else. */
import { mayAct } from '../domain/permissions.ts';
import { type Answer, type Request, refused } from './requests.ts';

export const forAdmins =
  <Asked extends Request>(run: (request: Asked) => Answer | Promise<Answer>) =>
  async (request: Asked): Promise<Answer> => {
    const permitted = mayAct('administer', request.catalog, request.actor, null);
    return permitted.ok ? run(request) : refused(permitted.refusal);
  };
