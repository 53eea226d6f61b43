// A profile as a form: new, or one that is there.

import { Check, Radios } from '../parts/check'
import { Field, Select } from '../parts/field'
import { Area, Lines, Pairs } from '../parts/lines'
import { More } from '../parts/more'
import { configuration, shown, useLive } from '../store'
import type { Failure, PoolFlowName, ProfileForm, ProfileFormKind, Roles } from '../wire'
import { type Key, say } from '../words'
import { useDraft } from './draft'
import { Editor, Import, named, useForm } from './form'
import { roleName } from './login_card'

export function EditProfile(props: { name: string | null; login: string | null }) {
  const config = useLive(configuration)
  const news = useLive(shown)
  const logins = config?.logins.map((one) => one.name) ?? []
  const known = config?.profiles.find((one) => one.name === props.name)
  const draft = useDraft(`profile/${props.name ?? ''}`, known ?? { ...blank, ...begun(props.login ?? logins[0]) })
  const { form, put } = draft
  const change = { change: 'profile' as const, form, instead_of: props.name }
  const problem = useForm(change, isWhole(form))
  const page: Page = { form, put, problem }
  const sources = config?.profiles.map((one) => one.name).filter((name) => name !== props.name) ?? []
  const view = form.kind === 'login' ? news.status?.logins.find((one) => one.name === form.login) : undefined

  const kinds = allKinds.filter((kind) => kind === form.kind || (kind === 'login' ? logins.length > 0 : kind === 'role' ? sources.length > 0 : true))
  return (
    <Editor
      title={props.name ? say('ui.profile_form.title', { profile: props.name }) : say('ui.profile_form.title_new')}
      change={change}
      problem={problem}
      fields={fields(form)}
      draft={draft}
      removal={props.name ? { change: 'remove_profile', name: props.name } : null}
      after={props.name ? { page: 'overview' } : { page: 'profile', profile: form.name.trim() }}
    >
      {!props.name && form.kind !== 'role' && <Import take={({ identity_pool_id }) => put(identity_pool_id ? { identity_pool_id } : {})} />}
      <Radios
        label={say('ui.profile_form.kind')}
        name="kind"
        value={form.kind}
        options={kinds.map((value) => ({ value, words: say(`ui.profile_kind.${value}` as Key), hint: say(`ui.profile_kind.${value}_hint` as Key) }))}
        onInput={(kind) =>
          put({
            kind,
            ...(kind === 'login' && !form.login && logins[0] ? { login: logins[0] } : {}),
            ...(kind === 'role' && !form.source_profile && sources[0] ? { source_profile: sources[0] } : {}),
          })
        }
      />
      <Field label={say('ui.profile_form.name')} hint={say('ui.profile_form.name_hint')} name="name" value={form.name} required autofocus={!props.name} maxLength={64} onInput={(name) => put({ name })} />
      {form.kind === 'login' && <Select label={say('ui.profile.login')} name="login" value={form.login ?? ''} options={logins.map((name) => [name, name])} onInput={(login) => put({ login })} />}
      {form.kind === 'role' ? (
        <Select label={say('ui.profile.source')} name="source_profile" value={form.source_profile ?? ''} options={sources.map((name) => [name, name])} onInput={(source_profile) => put({ source_profile })} />
      ) : (
        <Field label={say('ui.profile.identity_pool')} hint={say('ui.profile_form.pool_hint')} name="identity_pool_id" class="mono" value={form.identity_pool_id ?? ''} refused={named(problem, 'identity_pool_id')} required onInput={(identity_pool_id) => put({ identity_pool_id })} />
      )}
      <Role {...page} roles={view?.roles} />
      <More words={say('ui.written.title')} open={Boolean(known?.write_profile)}>
        <InFiles {...page} file={config?.credentials_file ?? ''} />
      </More>
      <More words={say('ui.login_form.more')}>
        {form.kind !== 'role' && (
          <Select
            label={say('ui.profile_form.flow')}
            name="flow"
            value={form.flow ?? 'enhanced'}
            options={(['enhanced', 'classic'] as const).map((flow) => [flow, say(`ui.pool_flow.${flow}`)])}
            onInput={(flow) => put({ flow: flow === 'classic' ? (flow as PoolFlowName) : undefined })}
          />
        )}
        {isAssumed(form) && <Session {...page} />}
        {form.kind === 'role' && <Chain {...page} />}
        <Endpoints {...page} />
      </More>
    </Editor>
  )
}

type Page = { form: ProfileForm; put: (part: Partial<ProfileForm>) => void; problem: Failure | null }

function Role({ form, put, problem, roles }: Page & { roles: Roles | undefined }) {
  const needed = isAssumed(form)
  const offered = roles?.offered ?? []
  return (
    <div class="stacked">
      <Field label={say('ui.profile_form.role')} hint={say(needed ? 'ui.profile_form.role_hint_needed' : 'ui.profile_form.role_hint')} name="role_arn" class="mono" value={form.role_arn ?? ''} refused={named(problem, 'role_arn')} required={needed} onInput={(role_arn) => put({ role_arn })} />
      {offered.length > 0 && (
        <div class="chips" role="group" aria-label={say('ui.profile_form.roles')}>
          {offered.map((arn) => (
            <button
              key={arn}
              class="chip"
              type="button"
              title={arn}
              aria-pressed={form.role_arn === arn}
              onClick={() => put({ role_arn: form.role_arn === arn ? '' : arn })}
            >
              {roleName(arn)}
              {arn === roles?.preferred && <span class="muted"> · {say('ui.profile_form.preferred')}</span>}
            </button>
          ))}
        </div>
      )}
    </div>
  )
}

function Session({ form, put, problem }: Page) {
  return (
    <>
      <Field label={say('ui.profile_form.session_name')} hint={say('ui.profile_form.session_name_hint')} name="session_name" value={form.session_name ?? ''} refused={named(problem, 'session_name')} onInput={(session_name) => put({ session_name })} />
      <Field label={say('ui.profile_form.duration')} hint={say(form.kind === 'role' ? 'ui.profile_form.duration_hint_chain' : 'ui.profile_form.duration_hint')} name="duration" value={form.duration ?? ''} refused={named(problem, 'duration')} onInput={(duration) => put({ duration })} />
      <Area label={say('ui.profile_form.policy')} hint={say('ui.profile_form.policy_hint')} name="session_policy" rows={3} value={form.session_policy ?? ''} refused={named(problem, 'session_policy')} onInput={(session_policy) => put({ session_policy })} />
      <Lines label={say('ui.profile_form.policy_arns')} hint={say('ui.form.one_a_line')} name="policy_arns" value={form.policy_arns} refused={named(problem, 'policy_arns')} onInput={(policy_arns) => put({ policy_arns })} />
    </>
  )
}

function Chain({ form, put, problem }: Page) {
  return (
    <>
      <Field label={say('ui.profile_form.external_id')} hint={say('ui.profile_form.external_id_hint')} name="external_id" value={form.external_id ?? ''} refused={named(problem, 'external_id')} onInput={(external_id) => put({ external_id })} />
      <Pairs label={say('ui.profile_form.tags')} hint={say('ui.form.pair_a_line')} name="tags" value={form.tags} refused={named(problem, 'tags')} onInput={(tags) => put({ tags })} />
      <Lines label={say('ui.profile_form.transitive')} hint={say('ui.profile_form.transitive_hint')} name="transitive_tags" value={form.transitive_tags} refused={named(problem, 'transitive_tags')} onInput={(transitive_tags) => put({ transitive_tags })} />
    </>
  )
}

function InFiles({ form, put, problem, file }: Page & { file: string }) {
  return (
    <>
      <Field label={say('ui.profile_form.write_profile', { file })} hint={say('ui.profile_form.write_profile_hint', { name: `${form.name || 'dev'}-keys` })} name="write_profile" value={form.write_profile ?? ''} refused={named(problem, 'write_profile')} maxLength={64} onInput={(write_profile) => put({ write_profile })} />
      <Field label={say('ui.profile_form.region')} hint={say('ui.profile_form.region_hint')} name="region" value={form.region ?? ''} refused={named(problem, 'region')} onInput={(region) => put({ region })} />
      <Field label={say('ui.profile_form.output')} hint={say('ui.profile_form.output_hint')} name="output" value={form.output ?? ''} refused={named(problem, 'output')} onInput={(output) => put({ output })} />
    </>
  )
}

function Endpoints({ form, put, problem }: Page) {
  return (
    <>
      <Field label={say('ui.profile_form.sts_region')} hint={say('ui.profile_form.sts_region_hint')} name="sts_region" value={form.sts_region ?? ''} refused={named(problem, 'sts_region')} onInput={(sts_region) => put({ sts_region })} />
      {form.kind !== 'role' && (
        <Field label={say('ui.login_form.endpoint')} hint={say('ui.login_form.endpoint_hint')} name="endpoint" type="url" value={form.endpoint ?? ''} refused={named(problem, 'endpoint')} onInput={(endpoint) => put({ endpoint })} />
      )}
      <Field label={say('ui.profile_form.sts_endpoint')} hint={say('ui.login_form.endpoint_hint')} name="sts_endpoint" type="url" value={form.sts_endpoint ?? ''} refused={named(problem, 'sts_endpoint')} onInput={(sts_endpoint) => put({ sts_endpoint })} />
      <Check name="fips" words={say('ui.login_form.fips')} on={form.fips} turn={(fips) => put({ fips })} />
      <Check name="dual_stack" words={say('ui.login_form.dual_stack')} on={form.dual_stack} turn={(dual_stack) => put({ dual_stack })} />
    </>
  )
}

const allKinds: ProfileFormKind[] = ['login', 'guest', 'role']

/** Whether a role is assumed by name, in a session of its own. */
const isAssumed = (form: ProfileForm): boolean => form.kind === 'role' || form.flow === 'classic'

const blank: ProfileForm = {
  name: '',
  kind: 'guest',
  policy_arns: [],
  tags: [],
  transitive_tags: [],
  fips: false,
  dual_stack: false,
  aws_config: '',
}

const begun = (login: string | undefined): Partial<ProfileForm> => (login === undefined ? {} : { kind: 'login', login })

function isWhole(form: ProfileForm): boolean {
  if (form.name === '' || (isAssumed(form) && !form.role_arn)) return false
  return Boolean(form.kind === 'role' ? form.source_profile : form.identity_pool_id)
}

/** The fields that are shown and tell a problem which names them. */
function fields(form: ProfileForm): string[] {
  return [
    'role_arn',
    'write_profile',
    'region',
    'output',
    'sts_region',
    'sts_endpoint',
    ...(form.kind === 'role' ? ['external_id', 'tags', 'transitive_tags'] : ['identity_pool_id', 'endpoint']),
    ...(isAssumed(form) ? ['session_name', 'duration', 'session_policy', 'policy_arns'] : []),
  ]
}
