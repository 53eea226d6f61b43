import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { say } from '../words'

type Common = {
  label: string
  hint?: ComponentChildren
  invalid?: boolean
  autofocus?: boolean
}

/** A labelled line of text. */
export function Field(
  props: Common & {
    name: string
    type?: 'text' | 'email' | 'tel' | 'date' | 'url'
    class?: string
    defaultValue?: string
    value?: string
    placeholder?: string
    autocomplete?: string
    inputMode?: 'numeric' | 'text'
    maxLength?: number
    required?: boolean
    onInput?: (value: string) => void
  },
) {
  const { label, hint, invalid, autofocus, onInput } = props
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="box">
        <input
          id={id}
          name={props.name}
          type={(props.type ?? 'text') as 'text'}
          class={`input ${props.class ?? ''}`}
          {...(props.value === undefined ? { defaultValue: props.defaultValue } : { value: props.value })}
          placeholder={props.placeholder}
          autocomplete={(props.autocomplete ?? 'off') as 'off'}
          inputMode={props.inputMode}
          maxLength={props.maxLength}
          required={props.required}
          ref={autofocus ? focus : undefined}
          onInput={(event) => onInput?.(event.currentTarget.value)}
          aria-invalid={invalid ? 'true' : undefined}
          aria-describedby={hint ? `${id}-hint` : undefined}
          spellcheck={false}
          autocapitalize="off"
        />
      </div>
      {hint && (
        <div class="hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
    </div>
  )
}

/** One of several words. */
export function Select(props: {
  label: string
  name: string
  value: string
  options: [string, string][]
  onInput: (value: string) => void
}) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select id={id} name={props.name} class="input" value={props.value} onChange={(event) => props.onInput(event.currentTarget.value)}>
        {props.options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </div>
  )
}

/** A password: hidden unless it is asked for, with a hint while caps lock is on. */
export function PasswordField(
  props: Common & { name: string; autocomplete: 'current-password' | 'new-password' },
) {
  const id = useId()
  const [seen, see] = useState(false)
  const [capsLock, setCapsLock] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (props.autofocus) input.current?.focus()
  }, [])
  const look = (event: KeyboardEvent | MouseEvent) => setCapsLock(event.getModifierState('CapsLock'))
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <div class="box">
        <input
          id={id}
          name={props.name}
          class="input"
          ref={input}
          type={(seen ? 'text' : 'password') as 'password'}
          autocomplete={props.autocomplete}
          required
          maxLength={256}
          spellcheck={false}
          autocapitalize="off"
          aria-invalid={props.invalid ? 'true' : undefined}
          aria-describedby={`${id}-hint`}
          onKeyDown={look}
          onKeyUp={look}
        />
        <button
          type="button"
          class="within"
          aria-pressed={seen}
          aria-label={say(seen ? 'ui.password.hide_label' : 'ui.password.show_label')}
          onClick={() => {
            see(!seen)
            input.current?.focus()
          }}
        >
          {say(seen ? 'ui.password.hide' : 'ui.password.show')}
        </button>
      </div>
      <div class={capsLock ? 'hint warn' : 'hint'} id={`${id}-hint`} aria-live="polite">
        {capsLock ? say('ui.password.caps_lock') : props.hint}
      </div>
    </div>
  )
}

/** A code: typed or pasted with whatever spaces, and sent by itself when it is whole. */
export function CodeField(props: Common & { name: string; onWhole: () => void }) {
  const sent = useRef('')
  return (
    <Field
      label={props.label}
      hint={props.hint}
      invalid={props.invalid ?? false}
      autofocus={props.autofocus ?? false}
      name={props.name}
      class="code"
      inputMode="numeric"
      autocomplete="one-time-code"
      maxLength={24}
      required
      onInput={(value) => {
        const digits = value.replace(/[\s-]/g, '')
        if (/^\d{6}$/.test(digits) && digits !== sent.current) {
          sent.current = digits
          props.onWhole()
        }
      }}
    />
  )
}

function focus(element: HTMLInputElement | null): void {
  if (element && document.activeElement !== element) element.focus()
}
