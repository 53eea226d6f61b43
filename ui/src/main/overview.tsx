// All logins with their profiles.

import { Mark } from '../parts/glyph'
import { Problem } from '../parts/problem'
import { Title } from '../parts/title'
import { hashOf } from '../route'
import { configuration, configurationFailure, shown, useLive, useNow } from '../store'
import { say } from '../words'
import { Grants } from './grants'
import { GuestCard, LoginCard } from './login_card'
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
  const guests = status.profiles.filter((profile) => profile.login === undefined)
  return (
    <section class="page">
      <div class="title">
        <Title>{say('ui.nav.overview')}</Title>
        {status.profiles.length + status.logins.length > 0 && (
          <a class="button slim" href={hashOf({ page: 'edit_login', login: null })}>
            {say('action.add_login')}
          </a>
        )}
      </div>
      <Problem failure={away ?? status.config ?? broken} place="main" />
      {status.logins.length + guests.length === 0 && (
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
      {guests.length > 0 && <GuestCard profiles={guests} now={now} />}
      <Grants endpoint={status.daemon.endpoint} />
      <RecentEvents recent={status.recent} />
    </section>
  )
}
