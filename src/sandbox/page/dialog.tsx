/** Dialogs: focus goes in, stays in, and returns to where it was; Escape closes. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

const FOCUSABLE = 'button, [href], input, select, textarea, [tabindex]:not([tabindex="-1"])';

type DialogProps = {
  label: string;
  role?: 'dialog' | 'alertdialog';
  onClose: () => void;
  class?: string;
  children: ComponentChildren;
};

export const Dialog = ({ label, role = 'dialog', onClose, children, ...rest }: DialogProps) => {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    const inside = box.current;
    const first = inside?.querySelector<HTMLElement>('[data-first], input:not([type=hidden]), textarea, .foot button');
    (first ?? inside)?.focus();
    // Back to where it was, unless somebody has gone elsewhere meanwhile.
    return () => {
      const here = document.activeElement;
      const ours = here === document.body || inside?.contains(here) === true;
      if (ours && before instanceof HTMLElement) before.focus();
    };
  }, []);
  // On the document: a button that is disabled while the form is sent lets go of the focus.
  useEffect(() => {
    const escape = (event: KeyboardEvent): void => {
      const top = [...document.querySelectorAll('.dialog')].at(-1) === box.current;
      if (event.key === 'Escape' && top && !event.defaultPrevented) onClose();
    };
    document.addEventListener('keydown', escape);
    return () => document.removeEventListener('keydown', escape);
  });
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Tab' || box.current === null) return;
    const inside = [...box.current.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
      (one) => !one.hasAttribute('disabled'),
    );
    const [first, last] = [inside[0], inside.at(-1)];
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault();
      last?.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first?.focus();
    }
  };
  return (
    <div class="backdrop">
      <div
        ref={box}
        class={`dialog ${rest.class ?? ''}`}
        role={role}
        aria-modal="true"
        aria-label={label}
        tabIndex={-1}
        onKeyDown={onKey}
      >
        {children}
      </div>
    </div>
  );
};

export type ConfirmObject = {
  title: { text: string };
  text: { text: string };
  confirm: { text: string };
  deny: { text: string };
  style?: string;
};

/** What Slack asks before an action that says it wants to be asked. */
export const Confirm = ({ of, onYes, onNo }: { of: ConfirmObject; onYes: () => void; onNo: () => void }) => (
  <Dialog label={of.title.text} role="alertdialog" onClose={onNo} class="confirm">
    <h2>{of.title.text}</h2>
    <p>{of.text.text}</p>
    <div class="foot">
      <button type="button" onClick={onNo}>
        {of.deny.text}
      </button>
      <button type="button" class={of.style === 'danger' ? 'danger' : 'primary'} onClick={onYes} data-first>
        {of.confirm.text}
      </button>
    </div>
  </Dialog>
);
