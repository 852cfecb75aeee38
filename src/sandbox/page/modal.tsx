/** The top modal of the person who acts. What was typed stays while the form changes, and when it comes back with errors. */
import { useEffect, useState } from 'preact/hooks';
import { type Acting, type Block, Blocks } from './blocks.tsx';
import { type Outcome, perform, type Values } from './connection.ts';
import { Dialog } from './dialog.tsx';
import type { PageState, PageView } from './types.ts';

type ModalProps = {
  view: PageView;
  depth: number;
  state: PageState;
  act: (wanted: Record<string, unknown>) => Promise<Outcome>;
};

const words = (of: unknown): string => (of as { text?: string } | undefined)?.text ?? '';

export const Modal = ({ view, depth, state, act }: ModalProps) => {
  const [values, setValues] = useState<Values>({});
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [busy, setBusy] = useState(false);
  const blocks = view.body['blocks'] as readonly Block[];
  const inputs = blocks.filter(({ type }) => type === 'input');
  useEffect(() => {
    setValues({});
    setErrors({});
  }, [view.id]);
  useEffect(() => setErrors({}), [view.hash]);

  /** Only what stands in the form now: a form that changed has let go of the rest. */
  const typed = (): Values =>
    Object.fromEntries(Object.entries(values).filter(([block]) => inputs.some(({ block_id }) => block_id === block)));
  const as = state.me.id;
  const guarded = async (wanted: Record<string, unknown>): Promise<Outcome> => {
    setBusy(true);
    const outcome = await act(wanted);
    setBusy(false);
    return outcome;
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const empty = inputs.filter((block) => block.optional !== true && isEmpty(block, values));
    if (empty.length > 0) {
      setErrors(Object.fromEntries(empty.map(({ block_id, label }) => [block_id ?? '', `Fill in “${words(label)}”.`])));
      return;
    }
    const outcome = await guarded({ act: 'submit', as, values: typed() });
    setErrors(outcome.errors ?? {});
  };
  const acting: Acting = {
    reader: state,
    people: state.people.map(({ id, name }) => ({ text: name, value: id })),
    channels: state.conversations
      .filter(({ kind }) => kind !== 'im')
      .map(({ id, name }) => ({ text: `#${name}`, value: id })),
    busy,
    values,
    errors,
    press: (at) => void guarded({ act: 'press in view', as, view: 'modal', at, values: typed() }),
    load: async (block, typed) => (await perform({ act: 'suggest', as, block, typed })).offered ?? null,
    change: (block, value, dispatches) => {
      const next = { ...values, [block]: value };
      setValues(next);
      if (dispatches) void perform({ act: 'choose', as, block, values: { ...typed(), [block]: value } });
    },
  };
  const title = words(view.body['title']);
  const submitWords = words(view.body['submit']);
  return (
    <Dialog label={title} onClose={() => void act({ act: 'close', as })} class="modal">
      <form onSubmit={(event) => void submit(event)} noValidate>
        <header>
          <h2>{title}</h2>
          {depth > 1 && <span class="depth">{depth} of 3 open</span>}
          <button type="button" class="close" aria-label="Close" onClick={() => void act({ act: 'close', as })}>
            ×
          </button>
        </header>
        <div class="body">
          <Blocks blocks={blocks} acting={acting} />
        </div>
        <div class="foot">
          <button type="button" onClick={() => void act({ act: 'close', as })}>
            {words(view.body['close']) || 'Cancel'}
          </button>
          {submitWords !== '' && (
            <button type="submit" class="primary" disabled={busy} aria-busy={busy}>
              {busy ? 'Working…' : submitWords}
            </button>
          )}
        </div>
      </form>
    </Dialog>
  );
};

const isEmpty = (block: Block, values: Values): boolean => {
  const name = block.block_id ?? '';
  const { element } = block;
  if (name in values) {
    const value = values[name];
    return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  }
  return (
    element?.initial_value === undefined &&
    element?.initial_option === undefined &&
    (element?.initial_options ?? []).length === 0 &&
    element?.initial_date === undefined &&
    element?.initial_time === undefined &&
    element?.initial_date_time === undefined &&
    element?.initial_user === undefined &&
    element?.initial_conversation === undefined &&
    (element?.initial_users ?? []).length === 0
  );
};
