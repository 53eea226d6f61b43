// One login, and the profiles that get keys by it.

import { useEffect, useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Glyph } from '../parts/glyph'
import { Problem } from '../parts/problem'
import { StatePill } from '../parts/state'
import { Timeline } from '../parts/timeline'
import { told } from '../failures'
import { hashOf } from '../route'
import type { Failure, LoginView, ProfileView, SignedOutHere } from '../wire'
import { count, endedWords, say } from '../words'
import { clock, span } from '../times'
import { Parting, SignOut } from './sign_out'

export function LoginCard(props: { login: LoginView; profiles: ProfileView[]; isConfigured: boolean; now: number }) {
  const { login, profiles, now } = props
  const [failure, setFailure] = useState<Failure | null>(null)
  const [busy, setBusy] = useState(false)
  const [leaves, leave] = useState(false)
  const [left, setLeft] = useState<SignedOutHere | null>(null)

  // What came of the last sign-out is of no more interest then.
  useEffect(() => {
    if (login.state === 'signing_in') setLeft(null)
  }, [login.state])

  async function renew(): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      await bridge.renew(login.name)
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
          <p class="muted small">{whoWords(login)}</p>
          {login.session_ends && login.session_ends > now && login.state === 'signed_in' && (
            <p class="muted small">
              {say(login.session_end_is_learnt ? 'ui.session_ends_about' : 'ui.session_ends', { left: span(login.session_ends - now) })}
            </p>
          )}
        </div>
        <StatePill login={login} />
        <div class="actions">
          {login.state === 'signed_in' ? (
            <>
              <button class="button slim" type="button" disabled={busy} onClick={() => void renew()}>
                {say('action.renew')}
              </button>
              <button class="button slim" type="button" aria-expanded={leaves} onClick={() => leave(!leaves)}>
                {say('ui.sign_out.open')}
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
      {leaves && login.state === 'signed_in' && (
        <SignOut
          login={login}
          close={() => leave(false)}
          done={(told) => {
            setLeft(told)
            leave(false)
          }}
        />
      )}
      {left && login.state !== 'signed_in' && <Parting left={left} login={login} close={() => setLeft(null)} />}
      {login.unrevoked > 0 && <p class="note wait">{count('ui.unrevoked', login.unrevoked)}</p>}
      <Profiles profiles={profiles} login={login} now={now} />
      {props.isConfigured && (
        <a class="link" href={hashOf({ page: 'edit_profile', profile: null, login: login.name })}>
          {say('ui.overview.add_profile')}
        </a>
      )}
    </article>
  )
}

/** Profiles of nobody's. */
export function GuestCard(props: { profiles: ProfileView[]; now: number }) {
  return (
    <article class="card" aria-labelledby="guests">
      <header>
        <div class="words">
          <h2 id="guests">{say('ui.guests.title')}</h2>
          <p class="muted small">{say('ui.guests.lead')}</p>
        </div>
      </header>
      <Profiles profiles={props.profiles} login={undefined} now={props.now} />
    </article>
  )
}

function Profiles(props: { profiles: ProfileView[]; login: LoginView | undefined; now: number }) {
  const { login, now } = props
  return (
    <ul class="rows">
      {props.profiles.map((profile) => (
        <li key={profile.name}>
          <a class="row" href={hashOf({ page: 'profile', profile: profile.name })}>
            <span class="words">
              <strong>{profile.name}</strong>
              {roleWords(profile) && <span class="muted small">{roleWords(profile)}</span>}
              <span class="muted small">{keysWords(profile, login, now)}</span>
            </span>
            <Timeline profile={profile} now={now} />
            <Glyph of="on" class="glyph quiet" />
          </a>
        </li>
      ))}
      {props.profiles.length === 0 && <li class="muted small">{say('ui.overview.no_profiles')}</li>}
    </ul>
  )
}

/** Who it is, and where: “ada@example.com · OpenID provider · https://…”. */
function whoWords(login: LoginView): string {
  const who = login.user?.email ?? login.user?.username
  return [who, say(`ui.kind.${login.kind}`), login.provider].filter(Boolean).join(' · ')
}

/** What is to be known of how a profile comes by its keys: “role Deploy of dev · classic flow”. */
function roleWords(profile: ProfileView): string {
  const role = profile.role_arn && roleName(profile.role_arn)
  return [
    role && (profile.source_profile ? say('ui.profile.role_of', { role, profile: profile.source_profile }) : say('ui.profile.role_named', { role })),
    profile.classic && say('ui.profile.classic'),
  ]
    .filter(Boolean)
    .join(' · ')
}

/** The name at the end of a role's ARN. */
export const roleName = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

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
  const isGuest = profile.login === undefined
  return say(isGuest || login?.state === 'signed_in' ? 'ui.keys.on_demand' : 'ui.keys.none')
}
