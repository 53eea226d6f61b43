// One profile, and how to use it.

import { useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Glyph } from '../parts/glyph'
import { Problem } from '../parts/problem'
import { StatePill } from '../parts/state'
import { Timeline } from '../parts/timeline'
import { Title } from '../parts/title'
import { hashOf } from '../route'
import { configuration, shown, useLive, useNow } from '../store'
import type { Failure, ShellName } from '../wire'
import { say } from '../words'
import { clock } from '../times'
import { Console } from './console'
import { keysWords } from './login_card'
import { Who } from './who'
import { Written } from './written'

export function ProfilePage(props: { name: string }) {
  const { status } = useLive(shown)
  const config = useLive(configuration)
  const now = useNow()
  const [failure, setFailure] = useState<Failure | null>(null)
  const [copied, setCopied] = useState<string | null>(null)
  const profile = status?.profiles.find((one) => one.name === props.name)
  const form = config?.profiles.find((one) => one.name === props.name)
  const login = status?.logins.find((one) => one.name === profile?.login)

  async function copy(what: string, call: () => Promise<void>): Promise<void> {
    setFailure(null)
    try {
      await call()
      setCopied(what)
    } catch (thrown) {
      setCopied(null)
      setFailure(failureOf(thrown))
    }
  }

  if (!profile) {
    return (
      <section class="page">
        <Back />
        <Title>{props.name}</Title>
        <p class="muted">{say('code.unknown_profile')}</p>
      </section>
    )
  }
  const keys = (shell: ShellName) => copy(shell, () => bridge.copyKeys(profile.name, shell))
  return (
    <section class="page">
      <Back />
      <div class="title">
        <Title>{profile.name}</Title>
        {login && <StatePill login={login} />}
        <a class="button slim" href={hashOf({ page: 'edit_profile', profile: profile.name, login: null })}>
          {say('ui.edit')}
        </a>
      </div>
      <Problem failure={failure ?? profile.trouble ?? null} place="main" />
      <article class="card">
        <div class="keys">
          <p>{keysWords(profile, login, now)}</p>
          <Timeline profile={profile} now={now} />
        </div>
        <dl class="details">
          <Detail name={say('ui.profile.login')} value={profile.login ?? say('ui.profile.guest')} />
          {profile.source_profile && (
            <div>
              <dt>{say('ui.profile.source')}</dt>
              <dd>
                <a href={hashOf({ page: 'profile', profile: profile.source_profile })}>{profile.source_profile}</a>
              </dd>
            </div>
          )}
          {profile.identity_pool_id && <Detail name={say('ui.profile.identity_pool')} value={profile.identity_pool_id} mono />}
          <Detail name={say('ui.profile.role')} value={profile.role_arn ?? say('ui.profile.role_default')} mono={Boolean(profile.role_arn)} />
          {profile.classic && <Detail name={say('ui.profile_form.flow')} value={say('ui.pool_flow.classic')} />}
          <Detail name={say('ui.profile.asked')} value={profile.asked ? clock(profile.asked) : say('ui.profile.never')} />
        </dl>
        {login && login.state !== 'signed_in' && (
          <button class="button primary" type="button" onClick={() => void bridge.openLogin(login.name)}>
            {say('action.sign_in')}
          </button>
        )}
        {login?.state !== 'needs_sign_in' && login?.state !== 'signed_out' && <Console profile={profile.name} />}
      </article>
      <Who profile={profile.name} />
      <article class="card">
        <h2>{say('ui.profile.use')}</h2>
        <p class="muted">{say('ui.profile.use_config')}</p>
        <Snippet text={form?.aws_config ?? ''} copied={copied === 'config'} copy={() => void copy('config', () => bridge.copyText(form?.aws_config ?? ''))} />
        <p class="muted">{say('ui.profile.use_then')}</p>
        <Snippet
          text={`aws sts get-caller-identity --profile ${profile.name}`}
          copied={copied === 'command'}
          copy={() => void copy('command', () => bridge.copyText(`aws sts get-caller-identity --profile ${profile.name}`))}
        />
        <p class="muted">{say('ui.profile.use_env')}</p>
        <div class="actions">
          <button class="button slim" type="button" onClick={() => void keys('bash')}>
            {say('action.copy_bash')}
          </button>
          <button class="button slim" type="button" onClick={() => void keys('powershell')}>
            {say('action.copy_powershell')}
          </button>
        </div>
        <p class="hint" role="status">
          {(copied === 'bash' || copied === 'powershell') && say('ui.profile.copied_keys')}
        </p>
      </article>
      {config && form && <Written profile={profile} form={form} file={config.credentials_file} now={now} />}
    </section>
  )
}

export function Back() {
  return (
    <a class="back" href={hashOf({ page: 'overview' })}>
      <Glyph of="back" />
      {say('ui.nav.overview')}
    </a>
  )
}

export function Detail(props: { name: string; value: string; mono?: boolean }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd class={props.mono ? 'mono' : ''}>{props.value}</dd>
    </div>
  )
}

function Snippet(props: { text: string; copied: boolean; copy: () => void }) {
  return (
    <div class="snippet">
      <pre class="mono" tabIndex={0}>
        {props.text}
      </pre>
      <button class="button slim" type="button" onClick={props.copy}>
        {say(props.copied ? 'ui.copied' : 'ui.copy')}
      </button>
    </div>
  )
}
