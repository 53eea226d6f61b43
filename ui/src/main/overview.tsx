// All logins with their profiles.

import { useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Glyph, Mark } from '../parts/glyph'
import { Problem } from '../parts/problem'
import { StatePill } from '../parts/state'
import { Timeline } from '../parts/timeline'
import { Title } from '../parts/title'
import { told } from '../failures'
import { hashOf } from '../route'
import { configuration, configurationFailure, shown, useLive, useNow } from '../store'
import type { Failure, LoginView, ProfileView } from '../wire'
import { endedWords, say } from '../words'
import { clock, span } from '../times'
import { RecentEvents } from './recent'

export function Overview() {
  const { status, away } = useLive(shown)
  const config = useLive(configuration)
  const broken = useLive(configurationFailure)
  const now = useNow()
  if (!status) {
    return (
      <section class="page">
        <Title>{say('ui.nav.overview')}</Title>
        <Problem failure={away} place="main" />
        {!away && <p class="muted" role="status">{say('ui.login.connecting')}</p>}
      </section>
    )
  }
  return (
    <section class="page">
      <div class="title">
        <Title>{say('ui.nav.overview')}</Title>
        {status.logins.length > 0 && (
          <a class="button slim" href={hashOf({ page: 'edit_login', login: null })}>
            {say('action.add_login')}
          </a>
        )}
      </div>
      <Problem failure={away ?? status.config ?? broken} place="main" />
      {status.logins.length === 0 && (
        <div class="empty">
          <Mark />
          <h2>{say('ui.choose.none')}</h2>
          <p class="muted">{say('ui.overview.empty')}</p>
          <a class="button primary" href={hashOf({ page: 'edit_login', login: null })}>
            {say('action.add_login')}
          </a>
        </div>
      )}
      {status.logins.map((login) => (
        <LoginCard
          key={login.name}
          login={login}
          profiles={status.profiles.filter((profile) => profile.login === login.name)}
          isConfigured={config?.logins.some((one) => one.name === login.name) ?? false}
          now={now}
        />
      ))}
      <RecentEvents recent={status.recent} />
    </section>
  )
}

function LoginCard(props: { login: LoginView; profiles: ProfileView[]; isConfigured: boolean; now: number }) {
  const { login, profiles, now } = props
  const [failure, setFailure] = useState<Failure | null>(null)
  const [busy, setBusy] = useState(false)
  const who = login.user?.email ?? login.user?.username

  async function run(call: () => Promise<unknown>): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      await call()
    } catch (thrown) {
      setFailure(failureOf(thrown))
    } finally {
      setBusy(false)
    }
  }

  return (
    <article class="card" aria-labelledby={`login-${login.name}`}>
      <header>
        <div class="words">
          <h2 id={`login-${login.name}`}>{login.name}</h2>
          <p class="muted small">
            {who ? `${who} · ` : ''}
            {login.provider}
            {login.session_ends && login.session_ends > now && (
              <> · {say('ui.session_ends', { left: span(login.session_ends - now) })}</>
            )}
          </p>
        </div>
        <StatePill login={login} />
        <div class="actions">
          {login.state === 'signed_in' ? (
            <>
              <button class="button slim" type="button" disabled={busy} onClick={() => void run(() => bridge.renew(login.name))}>
                {say('action.renew')}
              </button>
              <button class="button slim" type="button" disabled={busy} onClick={() => void run(() => bridge.signOut(login.name, 'session'))}>
                {say('action.sign_out')}
              </button>
            </>
          ) : (
            <button class="button slim primary" type="button" onClick={() => void bridge.openLogin(login.name)}>
              {say('action.sign_in')}
            </button>
          )}
          {props.isConfigured && (
            <a class="button slim" href={hashOf({ page: 'edit_login', login: login.name })}>
              {say('ui.edit')}
            </a>
          )}
        </div>
      </header>
      {login.state === 'needs_sign_in' && login.ended && <p class="note bad">{endedWords(login.ended)}</p>}
      {login.trouble && <Problem failure={login.trouble} place="main" />}
      <Problem failure={failure} place="main" />
      <ul class="rows">
        {profiles.map((profile) => (
          <li key={profile.name}>
            <a class="row" href={hashOf({ page: 'profile', profile: profile.name })}>
              <span class="words">
                <strong>{profile.name}</strong>
                <span class="muted small">{keysWords(profile, login, now)}</span>
              </span>
              <Timeline profile={profile} now={now} />
              <Glyph of="on" class="glyph quiet" />
            </a>
          </li>
        ))}
        {profiles.length === 0 && <li class="muted small">{say('ui.overview.no_profiles')}</li>}
      </ul>
      {props.isConfigured && (
        <a class="link" href={hashOf({ page: 'edit_profile', profile: null, login: login.name })}>
          {say('ui.overview.add_profile')}
        </a>
      )}
    </article>
  )
}

/** What can be said of a profile's keys in one line. */
export function keysWords(profile: ProfileView, login: LoginView | undefined, now: number): string {
  // What stands in the way of the whole login is told once, above.
  if (profile.trouble && profile.trouble.sentence !== login?.trouble?.sentence) return told(profile.trouble, 'main').headline
  if (profile.keys_expire && profile.keys_expire > now) {
    const left = say('ui.keys.good_for', { left: span(profile.keys_expire - now), until: clock(profile.keys_expire) })
    return profile.renews && profile.renews > now
      ? `${left} · ${say('ui.keys.renewed_in', { left: span(profile.renews - now) })}`
      : left
  }
  return say(login?.state === 'signed_in' ? 'ui.keys.on_demand' : 'ui.keys.none')
}
