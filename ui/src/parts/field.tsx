import type { ComponentChildren } from 'preact'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Place } from '../failures'
import type { Failure, Question } from '../wire'
import { say } from '../words'
import { FieldProblem } from './problem'

/** What of the last answer stood in the way, told below the field that must be changed. */
export type Refused = { failure: Failure; place: Place; asked?: Question['kind'] } | null

type Common = {
  label: string
  hint?: ComponentChildren
  refused?: Refused
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
    autocomplete?: string
    inputMode?: 'numeric' | 'text'
    maxLength?: number
    required?: boolean
    onInput?: (value: string) => void
  },
) {
  const { label, hint, refused, autofocus, onInput } = props
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
          autocomplete={(props.autocomplete ?? 'off') as 'off'}
          inputMode={props.inputMode}
          maxLength={props.maxLength}
          required={props.required}
          ref={autofocus ? focus : undefined}
          onInput={(event) => onInput?.(event.currentTarget.value)}
          {...described(id, Boolean(hint), refused)}
          spellcheck={false}
          autocapitalize="off"
        />
      </div>
      {refused && <FieldProblem {...refused} id={`${id}-problem`} />}
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
      <div class="box choose">
        <select id={id} name={props.name} class="input" value={props.value} onChange={(event) => props.onInput(event.currentTarget.value)}>
          {props.options.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </div>
    </div>
  )
}

/** A password: hidden unless it is asked for, with a hint while caps lock is on. */
export function PasswordField(
  props: Common & {
    name: string
    autocomplete: 'current-password' | 'new-password'
    /** Shown or hidden as another field is. */
    follows?: boolean
    onSee?: (seen: boolean) => void
    onInput?: (value: string) => void
    invalid?: boolean
  },
) {
  const { refused } = props
  const id = useId()
  const [seen, see] = useState(false)
  const [capsLock, setCapsLock] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  // In the commit itself: who reads that a password was wrong can type the next one at once.
  useLayoutEffect(() => {
    if (props.autofocus) input.current?.focus()
  }, [])
  const look = (event: KeyboardEvent) => setCapsLock(event.getModifierState('CapsLock'))
  const shown = props.follows ?? seen
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <div class="box">
        <input
          id={id}
          name={props.name}
          class="input"
          ref={input}
          type={(shown ? 'text' : 'password') as 'password'}
          autocomplete={props.autocomplete}
          required
          maxLength={256}
          spellcheck={false}
          autocapitalize="off"
          {...described(id, true, refused)}
          {...(props.invalid ? { 'aria-invalid': 'true' as const } : {})}
          onInput={(event) => props.onInput?.(event.currentTarget.value)}
          onKeyDown={look}
          onKeyUp={look}
        />
        {props.follows === undefined && (
          <button
            type="button"
            class="within"
            aria-pressed={seen}
            aria-label={say(seen ? 'ui.password.hide_label' : 'ui.password.show_label')}
            onClick={() => {
              see(!seen)
              props.onSee?.(!seen)
              input.current?.focus()
            }}
          >
            {say(seen ? 'ui.password.hide' : 'ui.password.show')}
          </button>
        )}
      </div>
      {refused && <FieldProblem {...refused} id={`${id}-problem`} />}
      <div class={capsLock ? 'hint warn' : 'hint'} id={`${id}-hint`} aria-live="polite">
        {capsLock ? say('ui.password.caps_lock') : props.hint}
      </div>
    </div>
  )
}

/** A code: typed or pasted with whatever spaces. When it is whole and nothing else is under way, it
 * is sent by itself. Codes by mail or SMS may have more than six digits, so a typed one rests for a
 * moment first. */
export function CodeField(
  props: Common & { name: string; busy: boolean; settles: boolean; onWhole: () => void },
) {
  const sent = useRef('')
  const [typed, type] = useState('')
  const [jumped, jump] = useState(false)
  const code = typed.replace(/[\s-]/g, '')
  useEffect(() => {
    if (props.busy || code === sent.current || !/^\d{6,8}$/.test(code)) return
    const send = () => {
      sent.current = code
      props.onWhole()
    }
    if (jumped || !props.settles) {
      send()
      return
    }
    const timer = setTimeout(send, SETTLED)
    return () => clearTimeout(timer)
  }, [code, jumped, props.busy])
  return (
    <Field
      label={props.label}
      hint={props.hint}
      refused={props.refused ?? null}
      autofocus={props.autofocus ?? false}
      name={props.name}
      class="code"
      inputMode="numeric"
      autocomplete="one-time-code"
      maxLength={24}
      required
      onInput={(value) => {
        jump(value.replace(/[\s-]/g, '').length > code.length + 1)
        type(value)
      }}
    />
  )
}

const SETTLED = 700

function described(id: string, hint: boolean, refused: Refused | undefined) {
  const problem = refused ? `${id}-problem` : ''
  const words = [problem, hint ? `${id}-hint` : ''].filter(Boolean).join(' ')
  return {
    ...(words ? { 'aria-describedby': words } : {}),
    ...(refused ? { 'aria-invalid': 'true' as const, 'aria-errormessage': problem } : {}),
  }
}

function focus(element: HTMLInputElement | null): void {
  if (element && document.activeElement !== element) element.focus()
}
