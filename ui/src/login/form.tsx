// What the pages of questions have in common.

import type { ComponentChildren } from 'preact'
import { Submit } from '../parts/button'
import { Field, type Refused } from '../parts/field'
import { Title } from '../parts/title'
import type { Rule } from '../policy'
import type { Answer, Failure, Goal, Question } from '../wire'
import { say } from '../words'

export type PageProps<Q extends Question = Question> = {
  question: Q
  /** Why the last answer was not taken. */
  problem: Failure | null
  goal: Goal
  /** What is being done, while something is. */
  busy: string | null
  /** What is known so far of the passwords that the pool takes. */
  rules: Rule[]
  /** Attributes that were typed before, so that a refusal costs none of them. */
  typed: Record<string, string>
  /** The user pool, the issuer or the program. */
  provider: string
  answer: (answer: Answer) => void
  /** Signs somebody else in; absent where there is no choice. */
  another?: () => void
}

export type Of<Kind extends Question['kind']> = PageProps<Extract<Question, { kind: Kind }>>

/** The problem of the last answer, for the field that it concerns. */
export const refused = (props: PageProps): Refused =>
  props.problem && { failure: props.problem, place: 'login', asked: props.question.kind }

/** A page with fields: what was typed is taken once, and passwords are wiped from the page then. */
export function Form(
  props: PageProps & {
    title: string
    lead?: ComponentChildren
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
      <Lead title={props.title}>{props.lead}</Lead>
      <form
        ref={props.form}
        aria-labelledby="title"
        aria-describedby={props.lead ? 'lead' : undefined}
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
        {props.children}
        <Submit busy={props.busy !== null} doing={props.busy ?? ''}>
          {props.go ?? say('ui.go')}
        </Submit>
      </form>
      {props.below}
    </>
  )
}

export function Lead(props: { title: string; children?: ComponentChildren }) {
  return (
    <div class="lead">
      <Title>{props.title}</Title>
      {props.children && (
        <p class="muted" id="lead">
          {props.children}
        </p>
      )}
    </div>
  )
}

export function AttributeFields(props: { names: string[]; page: PageProps; autofocus?: boolean; refused?: boolean }) {
  const { names, page } = props
  const named = page.problem && props.refused ? (names.find((name) => isNamed(name, page.problem?.sentence ?? '')) ?? names[0]) : null
  return (
    <>
      {names.map((name, place) => (
        <Field
          key={name}
          label={attributeWords(name)}
          name={`attribute.${name}`}
          type={name === 'email' ? 'email' : name === 'phone_number' ? 'tel' : name === 'birthdate' ? 'date' : 'text'}
          hint={name === 'phone_number' ? say('ui.attributes.phone_hint') : undefined}
          defaultValue={page.typed[name]}
          autocomplete={autocompletes[name] ?? 'off'}
          maxLength={2048}
          required
          refused={name === named ? refused(page) : null}
          autofocus={(props.autofocus ?? false) && (named ? name === named : place === 0)}
        />
      ))}
    </>
  )
}

export function attributesOf(form: FormData, names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, text(form, `attribute.${name}`).trim()]))
}

export function text(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}

/** Whether a refusal names this attribute. */
export function isNamed(name: string, sentence: string): boolean {
  const words = name.replace(/^custom:/, '').replaceAll('_', ' ')
  return sentence.toLowerCase().replaceAll('_', ' ').includes(words.toLowerCase())
}

function attributeWords(name: string): string {
  const known = knownAttributes.find((one) => one === name)
  return known ? say(`ui.attribute.${known}`) : name.replace(/^custom:/, '').replaceAll('_', ' ')
}

const knownAttributes = ['email', 'phone_number', 'name', 'given_name', 'family_name', 'birthdate', 'address', 'locale', 'zoneinfo'] as const

const autocompletes: Record<string, string> = {
  email: 'email',
  phone_number: 'tel',
  name: 'name',
  given_name: 'given-name',
  family_name: 'family-name',
  birthdate: 'bday',
  address: 'street-address',
}
