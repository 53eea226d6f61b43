// A profile as a form: new, or one that is there.

import { Field, Select } from '../parts/field'
import { configuration, useLive } from '../store'
import type { ProfileForm } from '../wire'
import { say } from '../words'
import { useDraft } from './draft'
import { Editor, Import, named, useForm } from './form'

export function EditProfile(props: { name: string | null; login: string | null }) {
  const config = useLive(configuration)
  const logins = config?.logins.map((one) => one.name) ?? []
  const known = config?.profiles.find((one) => one.name === props.name)
  const blank: ProfileForm = {
    name: '',
    kind: 'login',
    login: props.login ?? logins[0] ?? '',
    policy_arns: [],
    tags: [],
    transitive_tags: [],
    fips: false,
    dual_stack: false,
    aws_config: '',
  }
  const draft = useDraft(`profile/${props.name ?? ''}`, known ?? blank)
  const { form, put } = draft
  const change = { change: 'profile' as const, form, instead_of: props.name }
  const problem = useForm(change, form.name !== '' && Boolean(form.identity_pool_id))
  return (
    <Editor
      title={props.name ? say('ui.profile_form.title', { profile: props.name }) : say('ui.profile_form.title_new')}
      change={change}
      problem={problem}
      fields={['identity_pool_id', 'role_arn']}
      draft={draft}
      removal={props.name ? { change: 'remove_profile', name: props.name } : null}
      after={props.name ? { page: 'overview' } : { page: 'profile', profile: form.name.trim() }}
    >
      {!props.name && <Import take={({ identity_pool_id }) => put(identity_pool_id ? { identity_pool_id } : {})} />}
      <Field label={say('ui.profile_form.name')} hint={say('ui.profile_form.name_hint')} name="name" value={form.name} required autofocus={!props.name} maxLength={64} onInput={(name) => put({ name })} />
      <Select label={say('ui.profile.login')} name="login" value={form.login ?? ''} options={logins.map((name) => [name, name])} onInput={(login) => put({ login })} />
      <Field label={say('ui.profile.identity_pool')} hint={say('ui.profile_form.pool_hint')} name="identity_pool_id" class="mono" value={form.identity_pool_id ?? ''} refused={named(problem, 'identity_pool_id')} required onInput={(identity_pool_id) => put({ identity_pool_id })} />
      <Field label={say('ui.profile_form.role')} hint={say('ui.profile_form.role_hint')} name="role_arn" class="mono" value={form.role_arn ?? ''} refused={named(problem, 'role_arn')} onInput={(role_arn) => put({ role_arn })} />
      <details>
        <summary>{say('ui.login_form.more')}</summary>
        <Field label={say('ui.login_form.endpoint')} hint={say('ui.login_form.endpoint_hint')} name="endpoint" type="url" value={form.endpoint ?? ''} onInput={(endpoint) => put({ endpoint })} />
      </details>
    </Editor>
  )
}
