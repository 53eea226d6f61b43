// What a pool wants to know beside names, passwords and codes.

import { Field } from '../parts/field'
import { say } from '../words'
import { AttributeFields, Form, type Of, attributesOf, refused, text } from './form'

export function Attributes(props: Of<'attributes'>) {
  const { names } = props.question
  return (
    <Form
      {...props}
      title={say('ui.attributes.title')}
      lead={say('ui.attributes.lead')}
      take={(form) => ({ kind: 'attributes', value: attributesOf(form, names) })}
    >
      <AttributeFields names={names} page={props} autofocus refused />
    </Form>
  )
}

export function Custom(props: Of<'custom'>) {
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
      <Field label={say('ui.custom.label')} name="answer" autocomplete="off" maxLength={2048} required autofocus refused={refused(props)} />
    </Form>
  )
}
