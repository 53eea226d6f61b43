// A login as a form: new, or one that is there.

import { Field, Select } from '../parts/field'
import { configuration, useLive } from '../store'
import type { Flow, LoginForm, Preference } from '../wire'
import { type Key, say } from '../words'
import { useDraft } from './draft'
import { Editor, Import, named, useForm } from './form'

const flows: Flow[] = ['USER_SRP_AUTH', 'USER_PASSWORD_AUTH', 'USER_AUTH', 'CUSTOM_AUTH', 'CUSTOM_AUTH_SRP', 'ADMIN_USER_PASSWORD_AUTH']
const preferences: Preference[] = ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP']
const blank: LoginForm = {
  name: '',
  kind: 'user_pool',
  fips: false,
  dual_stack: false,
  redirect_uris: [],
  scopes: [],
  parameters: [],
  token_command: [],
}

export function EditLogin(props: { name: string | null }) {
  const config = useLive(configuration)
  const known = config?.logins.find((one) => one.name === props.name)
  const draft = useDraft(`login/${props.name ?? ''}`, known ?? blank)
  const { form, put } = draft
  const change = { change: 'login' as const, form, instead_of: props.name }
  const problem = useForm(change, form.name !== '' && Boolean(form.user_pool_id && form.client_id))
  return (
    <Editor
      title={props.name ? say('ui.login_form.title', { login: props.name }) : say('ui.login_form.title_new')}
      change={change}
      problem={problem}
      fields={['user_pool_id', 'client_id']}
      draft={draft}
      removal={props.name ? { change: 'remove_login', name: props.name } : null}
      after={{ page: 'overview' }}
    >
      {!props.name && (
        <Import
          take={({ user_pool_id, client_id }) => put({ ...(user_pool_id ? { user_pool_id } : {}), ...(client_id ? { client_id } : {}) })}
        />
      )}
      <Field label={say('ui.login_form.name')} hint={say('ui.login_form.name_hint')} name="name" value={form.name} required autofocus={!props.name} maxLength={64} onInput={(name) => put({ name })} />
      <Field label={say('ui.login_form.pool')} hint={say('ui.login_form.pool_hint')} name="user_pool_id" class="mono" value={form.user_pool_id ?? ''} refused={named(problem, 'user_pool_id')} required onInput={(user_pool_id) => put({ user_pool_id })} />
      <Field label={say('ui.login_form.client')} hint={say('ui.login_form.client_hint')} name="client_id" class="mono" value={form.client_id ?? ''} refused={named(problem, 'client_id')} required onInput={(client_id) => put({ client_id })} />
      <Field label={say('ui.login_form.username')} hint={say('ui.login_form.username_hint')} name="username" value={form.username ?? ''} onInput={(username) => put({ username })} />
      <details>
        <summary>{say('ui.login_form.more')}</summary>
        <Select
          label={say('ui.login_form.flow')}
          name="flow"
          value={form.flow ?? 'USER_SRP_AUTH'}
          options={flows.map((flow) => [flow, say(`ui.flow.${flow}` as Key)])}
          onInput={(flow) => put({ flow: flow as Flow, preferred_challenge: undefined })}
        />
        {form.flow === 'USER_AUTH' && (
          <Select
            label={say('ui.login_form.preferred')}
            name="preferred_challenge"
            value={form.preferred_challenge ?? ''}
            options={[['', say('ui.login_form.preferred_none')], ...preferences.map((one): [string, string] => [one, say(`ui.preference.${one}` as Key)])]}
            onInput={(one) => put({ preferred_challenge: one === '' ? undefined : (one as Preference) })}
          />
        )}
        <Field label={say('ui.login_form.endpoint')} hint={say('ui.login_form.endpoint_hint')} name="endpoint" type="url" value={form.endpoint ?? ''} onInput={(endpoint) => put({ endpoint })} />
      </details>
    </Editor>
  )
}
