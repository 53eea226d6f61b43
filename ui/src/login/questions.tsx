// Each question of a conversation as a small page. `ui` decides nothing: it shows what is asked and
// sends back what was typed.

import { type ComponentChildren } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { encode } from 'uqr'
import { bridge } from '../bridge'
import { Submit } from '../parts/button'
import { CodeField, Field, PasswordField } from '../parts/field'
import { Glyph } from '../parts/glyph'
import { Problem } from '../parts/problem'
import type { Answer, Factor, Failure, Goal, Question } from '../wire'
import { type Key, say } from '../words'

export type PageProps<Q extends Question = Question> = {
  question: Q
  problem: Failure | null
  goal: Goal
  /** What is being done, while something is. */
  busy: string | null
  answer: (answer: Answer) => void
}
type Of<Kind extends Question['kind']> = PageProps<Extract<Question, { kind: Kind }>>

/** The page of a question. */
export function Page(props: PageProps) {
  const { question } = props
  switch (question.kind) {
    case 'username':
      return <Username {...props} question={question} />
    case 'password':
      return <Password {...props} question={question} />
    case 'client_secret':
      return <ClientSecret {...props} question={question} />
    case 'code':
      return <Code {...props} question={question} />
    case 'choice':
      return <Choice {...props} question={question} />
    case 'app_setup':
      return <AppSetup {...props} question={question} />
    case 'new_password':
      return <NewPassword {...props} question={question} />
    case 'attributes':
      return <Attributes {...props} question={question} />
    case 'custom':
      return <Custom {...props} question={question} />
    case 'remember_device':
      return <RememberDevice {...props} question={question} />
    case 'other':
      return <Problem failure={{ code: 'protocol', sentence: say('ui.question.unknown'), remedy: '' }} />
  }
}

/** What is being done, in words. */
export function doing(question: Question, answer: Answer): string {
  if (answer.kind === 'resend') return say('ui.doing.resend')
  switch (question.kind) {
    case 'password':
      return say('ui.doing.password')
    case 'code':
    case 'app_setup':
      return say('ui.doing.code')
    case 'new_password':
      return say('ui.doing.new_password')
    default:
      return say('ui.doing.other')
  }
}

function Username(props: Of<'username'>) {
  return (
    <Form
      {...props}
      title={say(props.goal.kind === 'sign_up' ? 'ui.username.title_new' : 'ui.username.title')}
      take={(form) => ({ kind: 'username', value: text(form, 'username').trim() })}
    >
      <Field
        label={say('ui.username.label')}
        name="username"
        defaultValue={props.question.hint ?? ''}
        autocomplete="username"
        maxLength={128}
        required
        autofocus
        invalid={props.problem !== null}
      />
    </Form>
  )
}

function Password(props: Of<'password'>) {
  const changes = props.goal.kind === 'change_password'
  return (
    <Form
      {...props}
      title={say(changes ? 'ui.password.title_old' : 'ui.password.title')}
      lead={props.question.username}
      go={say(changes ? 'ui.go' : 'ui.password.go')}
      take={(form) => ({ kind: 'password', value: text(form, 'password') })}
    >
      {/* Password managers look for the name beside the password. */}
      <input class="unseen" type="text" name="username" autocomplete="username" value={props.question.username} readOnly tabIndex={-1} aria-hidden="true" />
      <PasswordField
        label={say('ui.password.label')}
        name="password"
        autocomplete="current-password"
        autofocus
        invalid={props.problem !== null}
      />
    </Form>
  )
}

function ClientSecret(props: Of<'client_secret'>) {
  return (
    <Form
      {...props}
      title={say('ui.secret.title')}
      lead={say('ui.secret.lead', { client: props.question.client_id })}
      take={(form) => ({ kind: 'client_secret', value: text(form, 'secret').trim() })}
    >
      <PasswordField label={say('ui.secret.label')} name="secret" autocomplete="new-password" autofocus invalid={props.problem !== null} />
    </Form>
  )
}

function Code(props: Of<'code'>) {
  const { code_for: use, medium, destination, can_resend: canResend } = props.question
  const form = useRef<HTMLFormElement>(null)
  const place = destination ?? ''
  const lead =
    medium === 'app'
      ? destination
        ? say('ui.code.app_named', { app: place })
        : say('ui.code.app')
      : destination
        ? say(medium === 'sms' ? 'ui.code.sms' : medium === 'email' ? 'ui.code.email' : 'ui.code.sent', { to: place })
        : say('ui.code.unknown')
  const title = typeof use === 'string' ? say(`ui.code.title.${use}` as Key) : say('ui.code.title.verify')
  return (
    <Form
      {...props}
      form={form}
      title={title}
      lead={lead}
      take={(given) => ({ kind: 'code', value: text(given, 'code') })}
      below={
        canResend && (
          <button class="link" type="button" disabled={props.busy !== null} onClick={() => props.answer({ kind: 'resend' })}>
            {say('ui.code.resend')}
          </button>
        )
      }
    >
      <CodeField label={say('ui.code.label')} name="code" autofocus invalid={props.problem !== null} onWhole={() => form.current?.requestSubmit()} />
    </Form>
  )
}

function Choice(props: Of<'choice'>) {
  const { choice_of: what, ways, elsewhere } = props.question
  return (
    <>
      <h1>{say(`ui.choice.title.${what}` as Key)}</h1>
      <Problem failure={props.problem} />
      <ul class="ways">
        {ways.map((way, place) => (
          <li key={way.factor}>
            <button
              class="way"
              type="button"
              disabled={props.busy !== null}
              ref={place === 0 ? focus : undefined}
              onClick={() => props.answer({ kind: 'choice', value: way.factor })}
            >
              <Glyph of={way.factor} />
              <span class="words">
                <strong>{factorWords(way.factor)}</strong>
                {way.destination && <span class="muted small">{way.destination}</span>}
              </span>
            </button>
          </li>
        ))}
        {(elsewhere ?? []).map((factor) => (
          <li key={factor} class="way not muted">
            <Glyph of={factor} />
            <span class="words">
              <strong>{factorWords(factor)}</strong>
              <span class="small">{say(factor === 'passkey' ? 'ui.choice.passkey_elsewhere' : 'ui.choice.elsewhere')}</span>
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}

function AppSetup(props: Of<'app_setup'>) {
  const { key, uri } = props.question
  const form = useRef<HTMLFormElement>(null)
  const [copied, setCopied] = useState(false)
  return (
    <Form
      {...props}
      form={form}
      title={say('ui.setup.title')}
      lead={say('ui.setup.lead')}
      take={(given) => ({
        kind: 'app_setup',
        value: { code: text(given, 'code'), device_name: text(given, 'device').trim() || null },
      })}
    >
      <div class="qr">
        <Qr text={uri} label={say('ui.setup.qr')} />
        <p class="muted small">{say('ui.setup.by_hand')}</p>
        <div class="key">
          <span class="mono">{key.replace(/(.{4})/g, '$1 ').trim()}</span>
          <button
            class="link small"
            type="button"
            onClick={() => void bridge.copySetupKey().then(() => setCopied(true))}
          >
            {say(copied ? 'ui.copied' : 'ui.copy')}
          </button>
        </div>
      </div>
      <Field label={say('ui.setup.device')} name="device" maxLength={60} hint={say('ui.setup.device_hint')} />
      <CodeField label={say('ui.setup.code')} name="code" autofocus invalid={props.problem !== null} onWhole={() => form.current?.requestSubmit()} />
    </Form>
  )
}

function NewPassword(props: Of<'new_password'>) {
  const [differs, setDiffers] = useState(false)
  const names = props.question.attributes ?? []
  return (
    <Form
      {...props}
      title={say(props.goal.kind === 'sign_up' ? 'ui.new_password.title_first' : 'ui.new_password.title')}
      lead={say('ui.new_password.lead', { username: props.question.username })}
      check={(form) => {
        const same = text(form, 'password') === text(form, 'again')
        setDiffers(!same)
        return same
      }}
      take={(form) => ({
        kind: 'new_password',
        value: { password: text(form, 'password'), attributes: attributesOf(form, names) },
      })}
    >
      <input class="unseen" type="text" name="username" autocomplete="username" value={props.question.username} readOnly tabIndex={-1} aria-hidden="true" />
      <PasswordField label={say('ui.new_password.label')} name="password" autocomplete="new-password" autofocus invalid={props.problem !== null} />
      <PasswordField
        label={say('ui.new_password.again')}
        name="again"
        autocomplete="new-password"
        invalid={differs}
        hint={differs ? say('ui.new_password.differs') : undefined}
      />
      <AttributeFields names={names} />
    </Form>
  )
}

function Attributes(props: Of<'attributes'>) {
  return (
    <Form
      {...props}
      title={say('ui.attributes.title')}
      lead={say('ui.attributes.lead')}
      take={(form) => ({ kind: 'attributes', value: attributesOf(form, props.question.names) })}
    >
      <AttributeFields names={props.question.names} autofocus />
    </Form>
  )
}

function Custom(props: Of<'custom'>) {
  const { parameters } = props.question
  const prompt = ['question', 'prompt', 'message', 'challenge'].find((name) => name in parameters)
  const rest = Object.entries(parameters).filter(([name]) => name !== prompt)
  return (
    <Form
      {...props}
      title={prompt ? (parameters[prompt] ?? '') : say('ui.custom.title')}
      lead={say('ui.custom.lead')}
      take={(form) => ({ kind: 'custom', value: text(form, 'answer') })}
    >
      {rest.length > 0 && (
        <dl class="facts">
          {rest.map(([name, value]) => (
            <div key={name}>
              <dt class="muted small">{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <Field label={say('ui.custom.label')} name="answer" autocomplete="off" maxLength={2048} required autofocus invalid={props.problem !== null} />
    </Form>
  )
}

function RememberDevice(props: Of<'remember_device'>) {
  return (
    <>
      <div class="lead">
        <h1>{say('ui.device.title')}</h1>
        <p class="muted">{say('ui.device.lead', { name: props.question.name })}</p>
      </div>
      <Problem failure={props.problem} />
      <button
        class="button primary wide"
        type="button"
        disabled={props.busy !== null}
        ref={focus}
        onClick={() => props.answer({ kind: 'remember_device', value: true })}
      >
        {say('ui.device.yes')}
      </button>
      <button
        class="button wide"
        type="button"
        disabled={props.busy !== null}
        onClick={() => props.answer({ kind: 'remember_device', value: false })}
      >
        {say('ui.device.no')}
      </button>
    </>
  )
}

/** A page with fields: what was typed is taken once, and passwords are wiped from the page then. */
function Form(
  props: PageProps & {
    title: string
    lead?: string
    go?: string
    form?: { current: HTMLFormElement | null }
    check?: (form: FormData) => boolean
    take: (form: FormData) => Answer
    below?: ComponentChildren
    children: ComponentChildren
  },
) {
  return (
    <>
      <div class="lead">
        <h1>{props.title}</h1>
        {props.lead && <p class="muted">{props.lead}</p>}
      </div>
      <form
        ref={props.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (props.busy !== null) return
          const form = new FormData(event.currentTarget)
          if (props.check && !props.check(form)) return
          const answer = props.take(form)
          for (const input of event.currentTarget.querySelectorAll('input[type=password], input[autocomplete$=password]')) {
            ;(input as HTMLInputElement).value = ''
          }
          props.answer(answer)
        }}
      >
        <Problem failure={props.problem} />
        {props.children}
        <Submit busy={props.busy !== null} doing={props.busy ?? ''}>
          {props.go ?? say('ui.go')}
        </Submit>
        {props.below && <div>{props.below}</div>}
      </form>
    </>
  )
}

function AttributeFields(props: { names: string[]; autofocus?: boolean }) {
  return (
    <>
      {props.names.map((name, place) => (
        <Field
          key={name}
          label={attributeWords(name)}
          name={`attribute.${name}`}
          type={name === 'email' ? 'email' : name === 'phone_number' ? 'tel' : name === 'birthdate' ? 'date' : 'text'}
          hint={name === 'phone_number' ? say('ui.attributes.phone_hint') : undefined}
          maxLength={2048}
          required
          autofocus={(props.autofocus ?? false) && place === 0}
        />
      ))}
    </>
  )
}

function attributesOf(form: FormData, names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, text(form, `attribute.${name}`).trim()]))
}

const knownAttributes = ['email', 'phone_number', 'name', 'given_name', 'family_name', 'birthdate', 'address', 'locale', 'zoneinfo'] as const

function attributeWords(name: string): string {
  const known = knownAttributes.find((one) => one === name)
  return known ? say(`ui.attribute.${known}`) : name.replace(/^custom:/, '').replaceAll('_', ' ')
}

export function factorWords(factor: Factor): string {
  return say(`ui.factor.${factor}`)
}

/** A QR code as a picture: dark on light in both looks, with the quiet zone that readers need. */
function Qr(props: { text: string; label: string }) {
  const code = encode(props.text, { ecc: 'M', border: 2 })
  let path = ''
  code.data.forEach((row, y) =>
    row.forEach((dark, x) => {
      if (dark) path += `M${x} ${y}h1v1h-1z`
    }),
  )
  return (
    <svg viewBox={`0 0 ${code.size} ${code.size}`} role="img" aria-label={props.label} shape-rendering="crispEdges">
      <path d={path} />
    </svg>
  )
}

function text(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}

function focus(element: HTMLElement | null): void {
  element?.focus()
}
