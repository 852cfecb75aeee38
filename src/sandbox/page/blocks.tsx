/** Blocks as a client shows them: every block and element that Signalbox uses. An unknown one is named instead of left out. */
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { type Choice, Overflow, Select } from './choices.tsx';
import type { Place, Values } from './connection.ts';
import { Confirm, type ConfirmObject } from './dialog.tsx';
import { Markup, type Reader, Text, type TextObject } from './markup.tsx';
import { fromWallTime, wallTime } from './time.ts';

type Option = { text: TextObject; value: string; description?: TextObject };
export type Element = {
  type: string;
  action_id?: string;
  text?: TextObject | string;
  value?: string;
  style?: string;
  url?: string;
  confirm?: ConfirmObject;
  options?: readonly Option[];
  option_groups?: readonly { options: readonly Option[] }[];
  placeholder?: TextObject;
  multiline?: boolean;
  min_length?: number;
  max_length?: number;
  min_value?: string;
  max_value?: string;
  is_decimal_allowed?: boolean;
  initial_value?: string;
  initial_option?: Option;
  initial_options?: readonly Option[];
  initial_date?: string;
  initial_time?: string;
  initial_date_time?: number;
  initial_user?: string;
  initial_users?: readonly string[];
  initial_conversation?: string;
  image_url?: string;
  alt_text?: string;
  elements?: readonly Element[];
  indent?: number;
  user_id?: string;
  channel_id?: string;
  timestamp?: number;
  format?: string;
  name?: string;
  border?: number;
};
type RichStyle = { bold?: boolean; italic?: boolean; strike?: boolean; code?: boolean };
export type Block = {
  type: string;
  level?: string;
  block_id?: string;
  text?: TextObject;
  fields?: readonly TextObject[];
  accessory?: Element;
  elements?: readonly Element[];
  element?: Element;
  label?: TextObject;
  hint?: TextObject;
  optional?: boolean;
  dispatch_action?: boolean;
  image_url?: string;
  alt_text?: string;
  title?: TextObject;
  column_settings?: readonly { is_wrapped?: boolean }[];
  rows?: readonly (readonly { type: string; text?: string; elements?: readonly Element[] }[])[];
};

/** What a person can do with blocks: press, and in a form fill in. */
export type Acting = {
  reader: Reader;
  people: readonly Choice[];
  channels: readonly Choice[];
  busy: boolean;
  press: (at: Place) => void;
  values: Values;
  errors: Readonly<Record<string, string>>;
  /** Asks the bot what fits what was typed; null when it does not say. */
  load: (block: string, typed: string) => Promise<readonly Choice[] | null>;
  /** `left` is true where a client tells the bot at once that a choice was made. */
  change: (block: string, value: Values[string], dispatches: boolean) => void;
};

const words = (text: TextObject | string | undefined): string => (typeof text === 'string' ? text : (text?.text ?? ''));
const choicesOf = (element: Element): readonly Choice[] =>
  (
    element.options ??
    element.option_groups?.flatMap(({ options }) => options) ?? [
      ...(element.initial_option === undefined ? [] : [element.initial_option]),
      ...(element.initial_options ?? []),
    ]
  ).map(({ text, value }) => ({
    text: text.text,
    value,
  }));

const Pressable = ({ element, at, acting }: { element: Element; at: Omit<Place, 'option'>; acting: Acting }) => {
  const [asking, setAsking] = useState<number | null | undefined>(undefined);
  const press = (option: number | null): void =>
    element.confirm === undefined ? acting.press({ ...at, option }) : setAsking(option);
  const question =
    asking === undefined || element.confirm === undefined ? null : (
      <Confirm
        of={element.confirm}
        onNo={() => setAsking(undefined)}
        onYes={() => {
          setAsking(undefined);
          acting.press({ ...at, option: asking });
        }}
      />
    );
  if (element.type === 'overflow')
    return (
      <>
        <Overflow choices={choicesOf(element)} onChoose={press} />
        {question}
      </>
    );
  if (element.type === 'image') return <img src={element.image_url} alt={element.alt_text ?? ''} />;
  if (element.type !== 'button') return <em class="unknown">[{element.type} is not drawn here]</em>;
  return (
    <>
      <button type="button" class={element.style ?? ''} disabled={acting.busy} onClick={() => press(null)}>
        {words(element.text)}
      </button>
      {question}
    </>
  );
};

const initialOf = (element: Element): Values[string] =>
  element.initial_value ??
  element.initial_option?.value ??
  element.initial_options?.map(({ value }) => value) ??
  element.initial_date ??
  element.initial_time ??
  element.initial_date_time ??
  element.initial_user ??
  element.initial_users ??
  element.initial_conversation ??
  null;

/** What stands in an input: what was typed, else what the form came with. */
export const valueOf = (block: Block, values: Values): Values[string] =>
  block.block_id !== undefined && block.block_id in values
    ? (values[block.block_id] ?? null)
    : block.element === undefined
      ? null
      : initialOf(block.element);

const list = (value: Values[string]): readonly string[] =>
  Array.isArray(value) ? (value as readonly string[]) : typeof value === 'string' ? [value] : [];

type FieldProps = {
  element: Element;
  label: string;
  id: string;
  /** The block, by which the bot knows the field. */
  name: string;
  value: Values[string];
  described: string;
  invalid: boolean;
  acting: Acting;
  /** `picked`: done with it, not in the middle of typing. */
  onChange: (value: Values[string], picked?: boolean) => void;
};

const Ticks = ({ element, id, value, described, onChange }: FieldProps) => {
  const chosen = list(value);
  const single = element.type === 'radio_buttons';
  return (
    <div role={single ? 'radiogroup' : 'group'} aria-labelledby={`${id}-label`} aria-describedby={described}>
      {choicesOf(element).map((choice) => (
        <label class="tick" key={choice.value}>
          <input
            type={single ? 'radio' : 'checkbox'}
            name={id}
            checked={chosen.includes(choice.value)}
            onChange={(event) => {
              if (single) onChange(choice.value);
              else
                onChange(
                  event.currentTarget.checked
                    ? [...chosen, choice.value]
                    : chosen.filter((one) => one !== choice.value),
                );
            }}
          />
          {choice.text}
        </label>
      ))}
    </div>
  );
};

const SELECTS: Readonly<Record<string, 'one' | 'many'>> = {
  static_select: 'one',
  users_select: 'one',
  external_select: 'one',
  multi_static_select: 'many',
  multi_external_select: 'many',
  multi_users_select: 'many',
  conversations_select: 'one',
};

const Field = (props: FieldProps) => {
  const { element, label, id, name, value, described, invalid, acting, onChange } = props;
  const shared = { id, 'aria-describedby': described, 'aria-invalid': invalid ? (true as const) : undefined };
  const text = typeof value === 'string' ? value : '';
  const placeholder = words(element.placeholder);
  const select = SELECTS[element.type];
  const loads = element.type.endsWith('external_select');
  if (select !== undefined)
    return (
      <Select
        label={label}
        choices={
          element.type.includes('users')
            ? acting.people
            : element.type === 'conversations_select'
              ? acting.channels
              : choicesOf(element)
        }
        value={list(value)}
        multiple={select === 'many'}
        placeholder={placeholder === '' ? 'Choose…' : placeholder}
        invalid={invalid}
        describedBy={described}
        load={loads ? (typed) => acting.load(name, typed) : undefined}
        onChange={(chosen) => onChange(select === 'many' ? chosen : (chosen[0] ?? null))}
      />
    );
  switch (element.type) {
    case 'plain_text_input': {
      const limits = { maxLength: element.max_length ?? 3_000, minLength: element.min_length, placeholder };
      const onInput = (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value);
      return element.multiline === true ? (
        <textarea {...shared} {...limits} rows={text.split('\n').length > 3 ? 14 : 3} value={text} onInput={onInput} />
      ) : (
        <input {...shared} {...limits} type="text" value={text} onInput={onInput} />
      );
    }
    case 'number_input':
      return (
        <input
          {...shared}
          type="number"
          min={element.min_value}
          max={element.max_value}
          step={element.is_decimal_allowed === true ? 'any' : 1}
          value={text}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'datepicker':
      return (
        <input {...shared} type="date" value={text} onInput={(event) => onChange(event.currentTarget.value || null)} />
      );
    case 'timepicker':
      return (
        <input {...shared} type="time" value={text} onInput={(event) => onChange(event.currentTarget.value || null)} />
      );
    case 'datetimepicker': {
      const zone = acting.reader.me.tz;
      return (
        <input
          {...shared}
          type="datetime-local"
          value={typeof value === 'number' ? wallTime(value * 1_000, zone) : ''}
          onInput={(event) => onChange(secondsOf(event.currentTarget.value, zone), false)}
          // As in the real thing, the form hears of it once it is picked, not at every key.
          onBlur={(event) => onChange(secondsOf(event.currentTarget.value, zone))}
        />
      );
    }
    case 'checkboxes':
    case 'radio_buttons':
      return <Ticks {...props} />;
    default:
      return <em class="unknown">[{element.type} is not drawn here]</em>;
  }
};

const secondsOf = (typed: string, zone: string): number | null =>
  typed === '' ? null : fromWallTime(typed, zone) / 1_000;

const Input = ({ block, acting }: { block: Block; acting: Acting }) => {
  const id = useId();
  const { element } = block;
  const name = block.block_id ?? '';
  const error = acting.errors[name];
  if (element === undefined) return null;
  const label = words(block.label);
  const grouped = element.type === 'checkboxes' || element.type === 'radio_buttons';
  const caption = (
    <>
      {label} {block.optional === true && <span class="optional">(optional)</span>}
    </>
  );
  const described = [error === undefined ? '' : `${id}-error`, block.hint === undefined ? '' : `${id}-hint`]
    .join(' ')
    .trim();
  return (
    <div class="field" data-block={name}>
      {grouped ? (
        <span class="label" id={`${id}-label`}>
          {caption}
        </span>
      ) : (
        <label class="label" id={`${id}-label`} for={id}>
          {caption}
        </label>
      )}
      <Field
        element={element}
        label={label}
        id={id}
        name={name}
        value={valueOf(block, acting.values)}
        described={described}
        invalid={error !== undefined}
        acting={acting}
        onChange={(value, picked = true) => acting.change(name, value, picked && block.dispatch_action === true)}
      />
      {error !== undefined && (
        <p class="error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
      {block.hint !== undefined && (
        <p class="hint" id={`${id}-hint`}>
          {block.hint.text}
        </p>
      )}
    </div>
  );
};

const styled = (text: ComponentChildren, style: RichStyle): ComponentChildren => {
  const code = style.code === true ? <code>{text}</code> : text;
  const bold = style.bold === true ? <b>{code}</b> : code;
  const italic = style.italic === true ? <i>{bold}</i> : bold;
  return style.strike === true ? <s>{italic}</s> : italic;
};

const RichPiece = ({ piece, reader }: { piece: Element; reader: Reader }) => {
  const style = (piece.style as RichStyle | undefined) ?? {};
  if (piece.type === 'text') return <>{styled(words(piece.text), style)}</>;
  if (piece.type === 'link')
    return <Markup text={`<${piece.url ?? ''}|${words(piece.text) || (piece.url ?? '')}>`} reader={reader} />;
  if (piece.type === 'user') return <Markup text={`<@${piece.user_id ?? ''}>`} reader={reader} />;
  if (piece.type === 'channel') return <Markup text={`<#${piece.channel_id ?? ''}>`} reader={reader} />;
  if (piece.type === 'date')
    return <Markup text={`<!date^${piece.timestamp ?? 0}^${piece.format ?? '{date}'}|>`} reader={reader} />;
  return piece.type === 'emoji' ? <Markup text={`:${piece.name ?? ''}:`} reader={reader} /> : null;
};

const RichPart = ({ part, reader }: { part: Element; reader: Reader }) => {
  const pieces = (part.elements ?? []).map((piece, index) => <RichPiece key={index} piece={piece} reader={reader} />);
  if (part.type === 'rich_text_quote') return <blockquote>{pieces}</blockquote>;
  if (part.type === 'rich_text_preformatted') return <pre>{pieces}</pre>;
  if (part.type !== 'rich_text_list') return <p>{pieces}</p>;
  const items = (part.elements ?? []).map((item, index) => (
    <li key={index}>
      {(item.elements ?? []).map((piece, n) => (
        <RichPiece key={n} piece={piece} reader={reader} />
      ))}
    </li>
  ));
  return (part.style as unknown) === 'ordered' ? <ol>{items}</ol> : <ul>{items}</ul>;
};

const Table = ({ block, reader }: { block: Block; reader: Reader }) => {
  const [head = [], ...body] = block.rows ?? [];
  const cell = (one: { type: string; text?: string; elements?: readonly Element[] }) =>
    one.type === 'rich_text'
      ? (one.elements ?? []).map((part, index) => <RichPart key={index} part={part} reader={reader} />)
      : one.text;
  return (
    <table>
      <thead>
        <tr>
          {head.map((one, index) => (
            <th key={index} scope="col">
              {cell(one)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {body.map((row, index) => (
          <tr key={index}>
            {row.map((one, n) => (
              <td key={n} class={block.column_settings?.[n]?.is_wrapped === true ? '' : 'whole'}>
                {cell(one)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
};

const One = ({ block, index, acting }: { block: Block; index: number; acting: Acting }) => {
  const { reader } = acting;
  switch (block.type) {
    case 'header':
      return <h3 class="header">{words(block.text)}</h3>;
    case 'section':
      return (
        <div class="section">
          <div class="text">
            {block.text !== undefined && <Text of={block.text} reader={reader} />}
            {block.fields !== undefined && (
              <div class="fields">
                {block.fields.map((one, n) => (
                  <div key={n}>
                    <Text of={one} reader={reader} />
                  </div>
                ))}
              </div>
            )}
          </div>
          {block.accessory !== undefined && (
            <Pressable element={block.accessory} at={{ block: index, element: 0 }} acting={acting} />
          )}
        </div>
      );
    case 'context':
      return (
        <div class="context">
          {(block.elements ?? []).map((one, n) =>
            one.type === 'image' ? (
              <img key={n} src={one.image_url} alt={one.alt_text ?? ''} />
            ) : (
              <Text key={n} of={one as TextObject} reader={reader} />
            ),
          )}
        </div>
      );
    case 'actions':
      return (
        <div class="actions">
          {(block.elements ?? []).map((one, n) => (
            <Pressable key={n} element={one} at={{ block: index, element: n }} acting={acting} />
          ))}
        </div>
      );
    case 'alert':
      return (
        <div class={`alert ${block.level ?? 'default'}`} role="note">
          {block.text !== undefined && <Text of={block.text} reader={reader} />}
        </div>
      );
    case 'divider':
      return <hr />;
    case 'image':
      return (
        <figure>
          {block.title !== undefined && <figcaption>{block.title.text}</figcaption>}
          <img src={block.image_url} alt={block.alt_text ?? ''} />
        </figure>
      );
    case 'rich_text':
      return (
        <div class="rich">
          {(block.elements ?? []).map((part, n) => (
            <RichPart key={n} part={part} reader={reader} />
          ))}
        </div>
      );
    case 'table':
      return <Table block={block} reader={reader} />;
    case 'input':
      return <Input block={block} acting={acting} />;
    default:
      return <em class="unknown">[{block.type} is not drawn here]</em>;
  }
};

export const Blocks = ({ blocks, acting }: { blocks: readonly Block[]; acting: Acting }) => (
  <div class="blocks">
    {blocks.map((block, index) => (
      <One key={block.block_id ?? index} block={block} index={index} acting={acting} />
    ))}
  </div>
);
