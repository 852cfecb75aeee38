/** Refuses what Slack refuses: structure by the published types, then lengths and counts by the table, then the rules between fields. */
import { Ajv, type ErrorObject } from 'ajv';
import schema from './blocks-schema.json' with { type: 'json' };
import { ID_MAX, LIMITS, type Limit, MESSAGE_BLOCKS, MESSAGE_CHARACTERS } from './limits.ts';

export type Problem = { pointer: string; message: string };
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Thing = { readonly [key: string]: Json };

const ajv = new Ajv({ strict: false, allErrors: false });
ajv.addSchema(schema, 'slack');
const structure = {
  message: ajv.compile({ $ref: 'slack#/definitions/Shown/properties/message' }),
  modal: ajv.compile({ $ref: 'slack#/definitions/ModalView' }),
  home: ajv.compile({ $ref: 'slack#/definitions/HomeView' }),
};
export type Surface = keyof typeof structure;

const isThing = (value: Json | undefined): value is Thing =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every object with its pointer, parents first. */
const things = function* (value: Json | undefined, pointer: string): Generator<readonly [Thing, string]> {
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* things(item as Json, `${pointer}/${index}`);
  if (!isThing(value)) return;
  yield [value, pointer];
  for (const [key, item] of Object.entries(value)) yield* things(item, `${pointer}/${key}`);
};

/** The values at a row's path. */
const at = (
  value: Json | undefined,
  path: readonly string[],
  pointer: string,
): readonly (readonly [Json, string])[] => {
  const [head, ...rest] = path;
  if (value === undefined || value === null) return [];
  if (head === undefined) return [[value, pointer]];
  if (head === '[]')
    return Array.isArray(value) ? value.flatMap((item: Json, index) => at(item, rest, `${pointer}/${index}`)) : [];
  return isThing(value) ? at(value[head], rest, `${pointer}/${head}`) : [];
};

const steps = (path: string): readonly string[] =>
  path
    .replaceAll('[]', '.[]')
    .split('.')
    .filter((step) => step !== '');
const sizeOf = (value: Json, unit: Limit['unit']): number | null =>
  unit === 'items'
    ? Array.isArray(value)
      ? value.length
      : null
    : typeof value === 'string'
      ? [...value].length
      : null;

const limitProblems = (thing: Thing, pointer: string): readonly Problem[] =>
  LIMITS.filter(({ types }) => types.includes(String(thing['type']))).flatMap((limit) =>
    at(thing, steps(limit.path), pointer).flatMap(([value, where]): Problem[] => {
      const size = sizeOf(value, limit.unit);
      if (size === null) return [];
      if (size > limit.most) return [{ pointer: where, message: `must be less than ${limit.most + 1} ${limit.unit}` }];
      return limit.least !== undefined && size < limit.least
        ? [{ pointer: where, message: `must be more than ${limit.least - 1} ${limit.unit}` }]
        : [];
    }),
  );

const idProblems = (root: Json): readonly Problem[] => {
  const found: Problem[] = [];
  for (const key of ['block_id', 'action_id'] as const) {
    const seen = new Set<string>();
    for (const [thing, pointer] of things(root, '')) {
      const id = thing[key];
      if (typeof id !== 'string') continue;
      if (id.length > ID_MAX)
        found.push({ pointer: `${pointer}/${key}`, message: `must be less than ${ID_MAX + 1} characters` });
      // Inputs of a form are told apart by their block; elements of one block, and blocks, by their own id.
      const scope =
        key === 'block_id'
          ? id
          : `${pointer
              .split('/')
              .slice(0, pointer.startsWith('/blocks') ? 3 : 2)
              .join('/')}:${id}`;
      if (seen.has(scope)) found.push({ pointer: `${pointer}/${key}`, message: `${key} “${id}” is not unique` });
      seen.add(scope);
    }
  }
  return found;
};

const same = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(a) === JSON.stringify(b);
const ACCESSORIES_REFUSED = new Set([
  'datetimepicker',
  'plain_text_input',
  'email_text_input',
  'url_text_input',
  'number_input',
  'file_input',
]);

const ruleProblems = (thing: Thing, pointer: string): readonly Problem[] => {
  const found: Problem[] = [];
  const groups = Array.isArray(thing['option_groups'])
    ? (thing['option_groups'] as readonly { options?: Json[] }[])
    : [];
  const options = Array.isArray(thing['options'])
    ? (thing['options'] as readonly Json[])
    : groups.flatMap((group) => group.options ?? []);
  // What the bot offers is known only when somebody types.
  const loadsItself = String(thing['type']).endsWith('external_select');
  const one = thing['initial_option'];
  const many = Array.isArray(thing['initial_options']) ? (thing['initial_options'] as readonly Json[]) : [];
  for (const initial of [...(one === undefined ? [] : [one]), ...many]) {
    if (!loadsItself && !options.some((option) => same(option, initial)))
      found.push({ pointer, message: 'initial_option must be one of the options' });
  }
  if (thing['type'] === 'section' && thing['text'] === undefined && thing['fields'] === undefined)
    found.push({ pointer, message: 'text or fields is required' });
  const accessory = thing['accessory'];
  if (isThing(accessory) && ACCESSORIES_REFUSED.has(String(accessory['type'])))
    found.push({ pointer: `${pointer}/accessory`, message: 'is not allowed here' });
  if (thing['type'] === 'modal') {
    const blocks = Array.isArray(thing['blocks']) ? (thing['blocks'] as readonly Json[]) : [];
    if (thing['submit'] === undefined && blocks.some((block) => isThing(block) && block['type'] === 'input'))
      found.push({ pointer, message: 'submit is required when there are input blocks' });
  }
  return found;
};

const structureProblem = (errors: readonly ErrorObject[] | null | undefined): readonly Problem[] => {
  // The deepest error of the alternatives is the one that says something.
  const [deepest] = [...(errors ?? [])].sort((a, b) => b.instancePath.length - a.instancePath.length);
  return deepest === undefined
    ? []
    : [
        {
          pointer: deepest.instancePath,
          message: `${deepest.message ?? 'is not valid'} ${JSON.stringify(deepest.params)}`,
        },
      ];
};

const check = (surface: Surface, value: Json): readonly Problem[] => {
  const validate = structure[surface];
  const all = [...things(value, '')];
  const limits = all.flatMap(([thing, pointer]) => limitProblems(thing, pointer));
  if (limits.length > 0) return limits;
  if (!validate(value)) return structureProblem(validate.errors);
  return [...idProblems(value), ...all.flatMap(([thing, pointer]) => ruleProblems(thing, pointer))];
};

/** Characters of all text in the blocks, as Slack counts them against its hidden limit. */
const textSize = (blocks: Json): number => {
  let size = 0;
  for (const [thing] of things(blocks, '')) if (typeof thing['text'] === 'string') size += thing['text'].length;
  return size;
};

/** Null when Slack would take the blocks of a message; else its error and the problems. */
export const checkMessage = (blocks: readonly unknown[]): { error: string; problems: readonly Problem[] } | null => {
  const value = blocks as readonly Json[];
  if (value.length > MESSAGE_BLOCKS)
    return {
      error: 'invalid_blocks',
      problems: [{ pointer: '/blocks', message: `must be less than ${MESSAGE_BLOCKS + 1} items` }],
    };
  const problems = check('message', value).map(({ pointer, message }) => ({ pointer: `/blocks${pointer}`, message }));
  if (problems.length > 0) return { error: 'invalid_blocks', problems };
  return textSize(value) > MESSAGE_CHARACTERS ? { error: 'msg_blocks_too_long', problems: [] } : null;
};

/** Null when Slack would take the view. */
export const checkView = (view: unknown): { error: string; problems: readonly Problem[] } | null => {
  const value = view as Thing;
  const problems = check(value['type'] === 'home' ? 'home' : 'modal', value).map(({ pointer, message }) => ({
    pointer: `/view${pointer}`,
    message,
  }));
  return problems.length === 0 ? null : { error: 'invalid_arguments', problems };
};

/** Null when Slack would show what is offered for a list that loads. */
export const checkOptions = (options: readonly unknown[]): Problem | null =>
  limitProblems({ type: 'static_select', options: options as readonly Json[] }, '')[0] ?? null;

/** As Slack words it. */
export const problemText = ({ pointer, message }: Problem): string => `${message} [json-pointer:${pointer}]`;
