// A login as a form: new, or one that is there.

import { useState } from 'preact/hooks'
import { Check, Radios } from '../parts/check'
import { Field, Select } from '../parts/field'
import { Lines, Pairs } from '../parts/lines'
import { More } from '../parts/more'
import { configuration, useLive } from '../store'
import type { Failure, Flow, LoginForm, Outputs, Preference } from '../wire'
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
  const change = { change: 'login' as const, form: written(form), instead_of: props.name }
  const problem = useForm(change, isWhole(form))
  const [lacksUri, setLacksUri] = useState(false)
  const page: Page = { form, put, problem }
  const way = wayOf(form)

  function take(found: Outputs): void {
    const { user_pool_id, client_id, domain, scopes, redirect_uris, logout_uri } = found
    // Without an address of this machine the browser could not come back.
    const inBrowser = domain !== undefined && redirect_uris.length > 0
    setLacksUri(domain !== undefined && !inBrowser)
    put({
      kind: 'user_pool',
      ...(user_pool_id ? { user_pool_id } : {}),
      ...(client_id ? { client_id } : {}),
      ...(inBrowser ? { domain, redirect_uris, scopes, flow: 'BROWSER', ...(logout_uri ? { logout_uri } : {}) } : {}),
    })
  }

  return (
    <Editor
      title={props.name ? say('ui.login_form.title', { login: props.name }) : say('ui.login_form.title_new')}
      change={change}
      problem={problem}
      fields={fields(form)}
      draft={draft}
      removal={props.name ? { change: 'remove_login', name: props.name } : null}
      after={{ page: 'overview' }}
    >
      {!props.name && <Import take={take} />}
      {lacksUri && <p class="note wait">{say('ui.import.lacks_uri', { uri: USUAL_URI })}</p>}
      <Radios
        label={say('ui.login_form.way')}
        name="way"
        value={way}
        options={ways.map((value) => ({ value, words: say(`ui.way.${value}` as Key), hint: say(`ui.way.${value}_hint` as Key) }))}
        onInput={(next) => put(turned(form, next))}
      />
      <Field label={say('ui.login_form.name')} hint={say('ui.login_form.name_hint')} name="name" value={form.name} required autofocus={!props.name} maxLength={64} onInput={(name) => put({ name })} />
      {form.kind === 'user_pool' && (
        <Field label={say('ui.login_form.pool')} hint={say('ui.login_form.pool_hint')} name="user_pool_id" class="mono" value={form.user_pool_id ?? ''} refused={named(problem, 'user_pool_id')} required onInput={(user_pool_id) => put({ user_pool_id })} />
      )}
      {way === 'command' && <Command {...page} />}
      {form.kind !== 'user_pool' && <Issuer {...page} />}
      {form.kind !== 'command' && (
        <Field label={say(form.kind === 'oidc' ? 'ui.login_form.oidc_client' : 'ui.login_form.client')} hint={form.kind === 'oidc' ? undefined : say('ui.login_form.client_hint')} name="client_id" class="mono" value={form.client_id ?? ''} refused={named(problem, 'client_id')} required onInput={(client_id) => put({ client_id })} />
      )}
      {way === 'browser' && <Domain {...page} />}
      {way === 'password' && <Username {...page} />}
      {form.kind !== 'command' && (
        <More words={say('ui.login_form.more')}>
          {way === 'password' ? <OfPassword {...page} /> : <Username {...page} />}
          {way === 'browser' && <OfBrowser {...page} />}
          {way !== 'password' && <OfBrowsers {...page} />}
          <Field label={say('ui.login_form.session_life')} hint={say('ui.login_form.session_life_hint')} name="session_life" value={form.session_life ?? ''} refused={named(problem, 'session_life')} onInput={(session_life) => put({ session_life })} />
          {form.kind === 'user_pool' && <Endpoints {...page} />}
        </More>
      )}
    </Editor>
  )
}

type Page = { form: LoginForm; put: (part: Partial<LoginForm>) => void; problem: Failure | null }

function Username({ form, put, problem }: Page) {
  return <Field label={say('ui.login_form.username')} hint={say('ui.login_form.username_hint')} name="username" value={form.username ?? ''} refused={named(problem, 'username')} onInput={(username) => put({ username })} />
}

function Domain({ form, put, problem }: Page) {
  return (
    <>
      <Field label={say('ui.login_form.domain')} hint={say('ui.login_form.domain_hint')} name="domain" class="mono" value={form.domain ?? ''} refused={named(problem, 'domain')} required onInput={(domain) => put({ domain })} />
      <RedirectUris {...{ form, put, problem }} />
    </>
  )
}

function RedirectUris({ form, put, problem }: Page) {
  const hint = form.kind === 'oidc' ? 'ui.login_form.redirect_hint_oidc' : 'ui.login_form.redirect_hint'
  return <Lines label={say('ui.login_form.redirect')} hint={say(hint)} name="redirect_uris" value={form.redirect_uris} refused={named(problem, 'redirect_uris')} onInput={(redirect_uris) => put({ redirect_uris })} />
}

function Issuer({ form, put, problem }: Page) {
  const optional = form.kind === 'command'
  return <Field label={say(optional ? 'ui.login_form.issuer_optional' : 'ui.login_form.issuer')} hint={say(optional ? 'ui.login_form.issuer_hint_optional' : 'ui.login_form.issuer_hint')} name="issuer" class="mono" type="url" value={form.issuer ?? ''} refused={named(problem, 'issuer')} required={!optional} onInput={(issuer) => put({ issuer })} />
}

function Command({ form, put, problem }: Page) {
  return <Lines label={say('ui.login_form.command')} hint={say('ui.login_form.command_hint')} name="token_command" rows={3} value={form.token_command} refused={named(problem, 'token_command')} onInput={(token_command) => put({ token_command })} />
}

function OfPassword(page: Page) {
  const { form, put, problem } = page
  return (
    <>
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
      {form.flow === 'ADMIN_USER_PASSWORD_AUTH' && (
        <Field label={say('ui.login_form.admin_profile')} hint={say('ui.login_form.admin_profile_hint')} name="admin_profile" value={form.admin_profile ?? ''} refused={named(problem, 'admin_profile')} onInput={(admin_profile) => put({ admin_profile })} />
      )}
      <Field label={say('ui.login_form.domain')} hint={say('ui.login_form.domain_hint_password')} name="domain" class="mono" value={form.domain ?? ''} refused={named(problem, 'domain')} onInput={(domain) => put({ domain })} />
      {form.domain && <RedirectUris {...page} />}
    </>
  )
}

function OfBrowser({ form, put, problem }: Page) {
  return (
    <>
      <Field label={say('ui.login_form.provider')} hint={say('ui.login_form.provider_hint')} name="identity_provider" value={form.identity_provider ?? ''} refused={named(problem, 'identity_provider')} onInput={(identity_provider) => put({ identity_provider })} />
      <Field label={say('ui.login_form.identifier')} hint={say('ui.login_form.identifier_hint')} name="idp_identifier" value={form.idp_identifier ?? ''} refused={named(problem, 'idp_identifier')} onInput={(idp_identifier) => put({ idp_identifier })} />
      <Field label={say('ui.login_form.logout')} hint={say('ui.login_form.logout_hint')} name="logout_uri" class="mono" type="url" value={form.logout_uri ?? ''} refused={named(problem, 'logout_uri')} onInput={(logout_uri) => put({ logout_uri })} />
    </>
  )
}

function OfBrowsers(page: Page) {
  const { form, put, problem } = page
  return (
    <>
      {form.kind === 'oidc' && <RedirectUris {...page} />}
      <Lines label={say('ui.login_form.scopes')} hint={say(form.kind === 'oidc' ? 'ui.login_form.scopes_hint_oidc' : 'ui.login_form.scopes_hint')} name="scopes" value={form.scopes} refused={named(problem, 'scopes')} onInput={(scopes) => put({ scopes })} />
      <Pairs label={say('ui.login_form.parameters')} hint={say('ui.login_form.parameters_hint')} name="parameters" value={form.parameters} refused={named(problem, 'parameters')} onInput={(parameters) => put({ parameters })} />
    </>
  )
}

function Endpoints({ form, put, problem }: Page) {
  return (
    <>
      <Field label={say('ui.login_form.endpoint')} hint={say('ui.login_form.endpoint_hint')} name="endpoint" type="url" value={form.endpoint ?? ''} refused={named(problem, 'endpoint')} onInput={(endpoint) => put({ endpoint })} />
      <Check name="fips" words={say('ui.login_form.fips')} on={form.fips} turn={(fips) => put({ fips })} />
      <Check name="dual_stack" words={say('ui.login_form.dual_stack')} on={form.dual_stack} turn={(dual_stack) => put({ dual_stack })} />
    </>
  )
}

/** How people sign in, as they tell the ways apart. */
type LoginWay = 'password' | 'browser' | 'oidc' | 'command'
const ways: LoginWay[] = ['password', 'browser', 'oidc', 'command']

export function wayOf(form: LoginForm): LoginWay {
  if (form.kind !== 'user_pool') return form.kind
  return form.flow === 'BROWSER' || (form.flow === undefined && form.domain) ? 'browser' : 'password'
}

/** The form, for signing in another way. What was typed stays. */
function turned(form: LoginForm, way: LoginWay): Partial<LoginForm> {
  switch (way) {
    case 'password':
      return { kind: 'user_pool', flow: 'USER_SRP_AUTH' }
    case 'browser':
      return { kind: 'user_pool', flow: 'BROWSER', redirect_uris: form.redirect_uris.length > 0 ? form.redirect_uris : [USUAL_URI] }
    case 'oidc':
    case 'command':
      return { kind: way }
  }
}

/** The form as it is saved: without a flow that goes without saying, and without what belongs to
 * another way. */
export function written(form: LoginForm): LoginForm {
  if (form.kind !== 'user_pool') return form
  const { flow, ...rest } = form
  const { preferred_challenge, admin_profile, ...plain } = rest
  if (wayOf(form) === 'browser') return form.domain ? plain : { ...plain, flow: 'BROWSER' }
  const usual = form.domain ? 'BROWSER' : 'USER_SRP_AUTH'
  const chosen = flow ?? 'USER_SRP_AUTH'
  const domain = form.domain ? {} : { redirect_uris: [], scopes: [], parameters: [], identity_provider: undefined, idp_identifier: undefined, logout_uri: undefined }
  return {
    ...plain,
    ...domain,
    ...(chosen === usual ? {} : { flow: chosen }),
    ...(chosen === 'USER_AUTH' && preferred_challenge ? { preferred_challenge } : {}),
    ...(admin_profile ? { admin_profile } : {}),
  }
}

function isWhole(form: LoginForm): boolean {
  if (form.name === '') return false
  switch (wayOf(form)) {
    case 'password':
      return Boolean(form.user_pool_id && form.client_id)
    case 'browser':
      return Boolean(form.user_pool_id && form.client_id && form.domain)
    case 'oidc':
      return Boolean(form.issuer && form.client_id)
    case 'command':
      return form.token_command.length > 0
  }
}

/** The fields that are shown and tell a problem which names them. */
function fields(form: LoginForm): string[] {
  const browsers = ['client_id', 'username', 'redirect_uris', 'scopes', 'parameters', 'session_life']
  switch (wayOf(form)) {
    case 'password':
      return ['user_pool_id', 'client_id', 'username', 'domain', 'session_life', 'endpoint', ...(form.flow === 'ADMIN_USER_PASSWORD_AUTH' ? ['admin_profile'] : []), ...(form.domain ? ['redirect_uris'] : [])]
    case 'browser':
      return ['user_pool_id', 'domain', 'identity_provider', 'idp_identifier', 'logout_uri', 'endpoint', ...browsers]
    case 'oidc':
      return ['issuer', ...browsers]
    case 'command':
      return ['token_command', 'issuer']
  }
}

const USUAL_URI = 'http://localhost:8400/callback'
