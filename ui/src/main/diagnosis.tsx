// Something wrong? The daemon's own words.

import { useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Problem } from '../parts/problem'
import { Title } from '../parts/title'
import { shown, useLive, useNow } from '../store'
import type { Failure } from '../wire'
import { say } from '../words'
import { span } from '../times'
import { Detail } from './profile'

export function Diagnosis() {
  const { status, away } = useLive(shown)
  const now = useNow()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)

  async function restart(): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      await bridge.restartDaemon()
    } catch (thrown) {
      setFailure(failureOf(thrown))
    } finally {
      setBusy(false)
    }
  }

  const found: { where: string; failure: Failure }[] = [
    ...(away ? [{ where: say('ui.diagnosis.daemon'), failure: away }] : []),
    ...(status?.config ? [{ where: say('ui.diagnosis.config'), failure: status.config }] : []),
    ...(status?.daemon.vault.trouble ? [{ where: say('ui.diagnosis.vault'), failure: status.daemon.vault.trouble }] : []),
    ...(status?.daemon.network_trouble ? [{ where: say('ui.diagnosis.network'), failure: status.daemon.network_trouble }] : []),
    ...(status?.daemon.endpoint?.trouble ? [{ where: say('ui.grants.title'), failure: status.daemon.endpoint.trouble }] : []),
    ...(status?.logins ?? []).flatMap((login) => (login.trouble ? [{ where: login.name, failure: login.trouble }] : [])),
    ...(status?.profiles ?? []).flatMap((profile) => (profile.trouble ? [{ where: profile.name, failure: profile.trouble }] : [])),
    ...(status?.profiles ?? []).flatMap((profile) => (profile.written?.trouble ? [{ where: profile.name, failure: profile.written.trouble }] : [])),
  ]
  const ahead = status?.clock_ahead ?? 0
  return (
    <section class="page">
      <Title>{say('ui.nav.diagnosis')}</Title>
      <Problem failure={failure} place="diagnosis" />
      {found.length === 0 && ahead === 0 && <p class="note good">{say('ui.diagnosis.well')}</p>}
      <ul class="findings">
        {found.map((one) => (
          <li key={`${one.where}/${one.failure.code}`}>
            <h2>{one.where}</h2>
            <Problem failure={one.failure} place="diagnosis" />
          </li>
        ))}
        {ahead !== 0 && (
          <li>
            <h2>{say('ui.diagnosis.clock')}</h2>
            <p class="note wait">
              {say(ahead > 0 ? 'ui.diagnosis.clock_ahead' : 'ui.diagnosis.clock_behind', { span: span(Math.abs(ahead)) })}
            </p>
          </li>
        )}
      </ul>
      {status && (
        <article class="card">
          <h2>{say('ui.diagnosis.daemon')}</h2>
          <dl class="details">
            <Detail name={say('ui.diagnosis.version')} value={status.daemon.version} />
            <Detail name={say('ui.diagnosis.running')} value={`${span(now - status.daemon.started)} (${status.daemon.pid})`} />
            <Detail name={say('ui.diagnosis.socket')} value={status.daemon.socket} mono />
            <Detail name={say('ui.settings.file')} value={status.daemon.config} mono />
            <Detail name={say('ui.settings.vault')} value={status.daemon.vault.description} />
          </dl>
        </article>
      )}
      <div>
        <button class="button" type="button" disabled={busy} onClick={() => void restart()}>
          {say('ui.diagnosis.restart')}
        </button>
      </div>
    </section>
  )
}
