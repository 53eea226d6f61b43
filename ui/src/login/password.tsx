// Who signs in, and with what.

import { useState } from 'preact/hooks'
import { Field, PasswordField } from '../parts/field'
import { Glyph } from '../parts/glyph'
import { meets, ruleWords } from '../policy'
import { say } from '../words'
import { AttributeFields, Form, type Of, attributesOf, refused, text } from './form'

export function Username(props: Of<'username'>) {
  return (
    <Form
      {...props}
      title={say(props.goal.kind === 'sign_up' ? 'ui.username.title_new' : 'ui.username.title')}
      take={(form) => ({ kind: 'username', value: text(form, 'username').trim() })}
    >
      <Field
        label={say('ui.username.label')}
        name="username"
        defaultValue={props.goal.kind === 'sign_up' && !props.problem ? '' : (props.question.hint ?? '')}
        autocomplete="username"
        maxLength={128}
        required
        autofocus
        refused={refused(props)}
      />
    </Form>
  )
}

export function Password(props: Of<'password'>) {
  const changes = props.goal.kind === 'change_password'
  return (
    <Form
      {...props}
      title={say(changes ? 'ui.password.title_old' : 'ui.password.title')}
      lead={
        <>
          {props.question.username}
          {props.another && (
            <>
              {' '}
              <button class="link" type="button" onClick={props.another}>
                {say('ui.password.another')}
              </button>
            </>
          )}
        </>
      }
      go={say(changes ? 'ui.go' : 'ui.password.go')}
      take={(form) => ({ kind: 'password', value: text(form, 'password') })}
    >
      <Whose username={props.question.username} />
      <PasswordField label={say('ui.password.label')} name="password" autocomplete="current-password" autofocus refused={refused(props)} />
    </Form>
  )
}

export function ClientSecret(props: Of<'client_secret'>) {
  return (
    <Form
      {...props}
      title={say('ui.secret.title')}
      lead={say('ui.secret.lead', { client: props.question.client_id })}
      take={(form) => ({ kind: 'client_secret', value: text(form, 'secret').trim() })}
    >
      <PasswordField label={say('ui.secret.label')} name="secret" autocomplete="new-password" autofocus refused={refused(props)} />
    </Form>
  )
}

export function NewPassword(props: Of<'new_password'>) {
  const [differs, setDiffers] = useState(false)
  const [seen, see] = useState(false)
  const [typed, type] = useState('')
  const names = props.question.attributes ?? []
  return (
    <Form
      {...props}
      title={say(props.goal.kind === 'sign_up' ? 'ui.new_password.title_first' : 'ui.new_password.title')}
      lead={say('ui.new_password.lead', { username: props.question.username })}
      check={(form) => {
        const same = text(form, 'password') === text(form, 'again')
        setDiffers(!same)
        if (same) type('')
        return same
      }}
      take={(form) => ({
        kind: 'new_password',
        value: { password: text(form, 'password'), attributes: attributesOf(form, names) },
      })}
    >
      <Whose username={props.question.username} />
      <PasswordField
        label={say('ui.new_password.label')}
        name="password"
        autocomplete="new-password"
        autofocus
        refused={refused(props)}
        onSee={see}
        onInput={type}
        hint={props.rules.length > 0 && <Rules {...props} password={typed} />}
      />
      <PasswordField
        label={say('ui.new_password.again')}
        name="again"
        autocomplete="new-password"
        follows={seen}
        invalid={differs}
        onInput={() => setDiffers(false)}
        hint={differs && <span class="refusal">{say('ui.new_password.differs')}</span>}
      />
      <AttributeFields names={names} page={props} />
    </Form>
  )
}

/** The rules that the pool has told, and whether what is typed meets them. */
function Rules(props: Of<'new_password'> & { password: string }) {
  return (
    <ul class="rules" aria-label={say('ui.rule.title')}>
      {props.rules.map((rule) => {
        const met = meets(props.password, rule)
        return (
          <li key={rule.kind} class={met ? 'met' : ''}>
            <Glyph of={met ? 'tick' : 'ring'} />
            {ruleWords(rule)}
            <span class="unseen">{say(met ? 'ui.rule.met' : 'ui.rule.unmet')}</span>
          </li>
        )
      })}
    </ul>
  )
}

/** Password managers look for the name beside the password. */
function Whose(props: { username: string }) {
  return <input class="unseen" type="text" name="username" autocomplete="username" value={props.username} readOnly tabIndex={-1} aria-hidden="true" />
}
