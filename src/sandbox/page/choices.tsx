/** Selects with search, single and multiple, and the menu behind three dots. All of them work from the keyboard. */
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

export type Choice = { text: string; value: string };

type SelectProps = {
  label: string;
  choices: readonly Choice[];
  value: readonly string[];
  multiple: boolean;
  placeholder: string;
  invalid?: boolean;
  describedBy?: string;
  /** Where the list is longer than a client keeps: what fits what was typed; null when nothing could be loaded. */
  load?: ((typed: string) => Promise<readonly Choice[] | null>) | undefined;
  onChange: (value: readonly string[]) => void;
};

/** What a list offers for what was typed: its own choices, or those that are loaded for it, of which the last asked for count. */
const useChoices = ({ choices, load }: Pick<SelectProps, 'choices' | 'load'>, typed: string | null) => {
  const [offered, setOffered] = useState<readonly Choice[]>([]);
  const [known, setKnown] = useState<readonly Choice[]>([]);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (load === undefined || typed === null) return undefined;
    let current = true;
    void load(typed).then((found) => {
      if (!current) return;
      setFailed(found === null);
      setOffered(found ?? []);
      setKnown((before) => [...before, ...(found ?? [])]);
    });
    return () => {
      current = false;
    };
  }, [typed]);
  return load === undefined
    ? { known: choices, offered: choices, failed: false }
    : { known: [...choices, ...known], offered, failed };
};

const useOutside = (close: () => void) => {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const away = (event: MouseEvent): void => {
      if (box.current !== null && !box.current.contains(event.target as Node)) close();
    };
    document.addEventListener('mousedown', away);
    return () => document.removeEventListener('mousedown', away);
  });
  return box;
};

export const Select = ({
  label,
  choices,
  value,
  multiple,
  placeholder,
  invalid,
  describedBy,
  load,
  onChange,
}: SelectProps) => {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(0);
  const box = useOutside(() => setOpen(false));
  const from = useChoices({ choices, load }, open ? search : null);
  const chosen = value.flatMap((one) => from.known.find((choice) => choice.value === one) ?? []);
  const offered = from.offered
    .filter((choice) => !(multiple && value.includes(choice.value)))
    .filter(({ text }) => text.toLowerCase().includes(search.toLowerCase()));
  const shown = open ? search : multiple ? '' : (chosen[0]?.text ?? '');
  const choose = (choice: Choice | undefined): void => {
    if (choice === undefined) return;
    onChange(multiple ? [...value, choice.value] : [choice.value]);
    setSearch('');
    setOpen(false);
  };
  const show = (): void => {
    setOpen(true);
    setSearch('');
    setActive(Math.max(0, multiple ? 0 : from.offered.findIndex((choice) => value.includes(choice.value))));
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) return show();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setActive((active + step + offered.length) % Math.max(1, offered.length));
    } else if (event.key === 'Enter' && open) {
      event.preventDefault();
      choose(offered[active]);
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      setOpen(false);
    } else if (event.key === 'Backspace' && multiple && search === '') onChange(value.slice(0, -1));
  };
  return (
    <div class="select" ref={box}>
      {multiple && (
        <span class="chips">
          {chosen.map((choice) => (
            <button
              type="button"
              class="chip"
              key={choice.value}
              aria-label={`Remove ${choice.text}`}
              onClick={() => onChange(value.filter((one) => one !== choice.value))}
            >
              {choice.text} ×
            </button>
          ))}
        </span>
      )}
      <input
        type="text"
        role="combobox"
        autocomplete="off"
        aria-label={label}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-activedescendant={open && offered[active] !== undefined ? `${id}-${active}` : undefined}
        aria-invalid={invalid === true ? true : undefined}
        aria-describedby={describedBy}
        placeholder={chosen.length > 0 && !multiple ? (chosen[0]?.text ?? '') : placeholder}
        value={shown}
        onFocus={() => undefined}
        onClick={show}
        onInput={(event) => {
          setOpen(true);
          setSearch(event.currentTarget.value);
          setActive(0);
        }}
        onKeyDown={onKey}
      />
      <ul id={`${id}-list`} role="listbox" aria-label={label} hidden={!open}>
        {open &&
          offered.map((choice, index) => (
            <li
              key={choice.value}
              id={`${id}-${index}`}
              role="option"
              aria-selected={value.includes(choice.value)}
              class={index === active ? 'active' : ''}
              onMouseDown={(event) => {
                event.preventDefault();
                choose(choice);
              }}
            >
              {choice.text}
            </li>
          ))}
        {open && offered.length === 0 && (
          <li class="none">{from.failed ? 'Nothing could be loaded.' : `Nothing fits “${search}”.`}</li>
        )}
      </ul>
    </div>
  );
};

export const Overflow = ({ choices, onChoose }: { choices: readonly Choice[]; onChoose: (index: number) => void }) => {
  const [open, setOpen] = useState(false);
  const box = useOutside(() => setOpen(false));
  useLayoutEffect(() => {
    if (!open) return undefined;
    // On a narrow page the dots may stand at the left: then it opens to the right.
    const menu = box.current?.querySelector<HTMLElement>('[role=menu]');
    if (menu != null && menu.getBoundingClientRect().left < 0) menu.classList.add('to-the-right');
    menu?.scrollIntoView({ block: 'nearest' });
    const escape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      setOpen(false);
      box.current?.querySelector<HTMLElement>('[aria-haspopup=menu]')?.focus();
    };
    document.addEventListener('keydown', escape, true);
    return () => document.removeEventListener('keydown', escape, true);
  }, [open]);
  const onKey = (event: KeyboardEvent): void => {
    const items = [...(box.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    if (event.key === 'ArrowDown') items[(at + 1) % items.length]?.focus();
    if (event.key === 'ArrowUp') items[(at - 1 + items.length) % items.length]?.focus();
    if (['ArrowDown', 'ArrowUp'].includes(event.key)) event.preventDefault();
  };
  return (
    <div class="overflow" ref={box} onKeyDown={onKey}>
      <button
        type="button"
        aria-label="More actions"
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        ⋯
      </button>
      {open && (
        <div role="menu" aria-label="More actions">
          {choices.map((choice, index) => (
            <button
              type="button"
              role="menuitem"
              key={choice.value}
              onClick={() => {
                setOpen(false);
                onChoose(index);
              }}
            >
              {choice.text}
            </button>
          ))}
        </div>
      )}
    </div>
  );
};
