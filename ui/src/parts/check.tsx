import { useId } from 'preact/hooks'

/** What may be switched. */
export function Check(props: { name: string; words: string; hint?: string; on: boolean; turn: (on: boolean) => void }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        name={props.name}
        checked={props.on}
        onChange={(event) => props.turn(event.currentTarget.checked)}
      />
      <span>
        {props.words}
        {props.hint && <span class="muted small">{props.hint}</span>}
      </span>
    </label>
  )
}

/** One of a few, all of them seen. */
export function Radios<T extends string>(props: {
  label: string
  name: string
  value: T
  options: { value: T; words: string; hint?: string }[]
  autofocus?: boolean
  onInput: (value: T) => void
}) {
  const id = useId()
  return (
    <fieldset class="radios">
      <legend>{props.label}</legend>
      {props.options.map(({ value, words, hint }) => (
        <label class="check" key={value}>
          <input
            type="radio"
            name={`${props.name}${id}`}
            value={value}
            data-name={props.name}
            checked={props.value === value}
            ref={props.autofocus && props.value === value ? focus : undefined}
            onChange={() => props.onInput(value)}
          />
          <span>
            {words}
            {hint && <span class="muted small">{hint}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function focus(element: HTMLElement | null): void {
  if (element && !element.closest('fieldset')?.contains(document.activeElement)) element.focus()
}
