// Who a profile's keys are, by AWS's own word.

import { useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { More } from '../parts/more'
import { Problem } from '../parts/problem'
import type { Failure, WhoAmI } from '../wire'
import { say } from '../words'
import { clock } from '../times'
import { Detail } from './profile'

export function Who(props: { profile: string }) {
  const [who, setWho] = useState<WhoAmI | null>(null)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [copied, setCopied] = useState(false)

  async function look(): Promise<void> {
    setBusy(true)
    setCopied(false)
    try {
      setWho(await bridge.whoAmI(props.profile))
      setFailure(null)
    } catch (thrown) {
      setWho(null)
      setFailure(failureOf(thrown))
    } finally {
      setBusy(false)
    }
  }

  const copy = async (arn: string) => {
    try {
      await bridge.copyText(arn)
      setCopied(true)
    } catch (thrown) {
      setFailure(failureOf(thrown))
    }
  }

  return (
    <article class="card who" aria-labelledby="who">
      <div class="title">
        <h2 id="who">{say('ui.who.title')}</h2>
        <button class="button slim" type="button" aria-disabled={busy} onClick={() => !busy && void look()}>
          {busy && <span class="spinner" aria-hidden="true" />}
          {say(who ? 'ui.who.again' : 'ui.who.ask')}
        </button>
      </div>
      <Problem failure={failure} place="main" />
      <div role="status" class="found">
        {!who && !busy && !failure && <p class="muted">{say('ui.who.lead')}</p>}
        {who && (
          <dl class="details">
            <div>
              <dt>{say('ui.who.arn')}</dt>
              <dd class="split">
                <span class="mono">{who.arn}</span>
                <button class="button slim" type="button" onClick={() => void copy(who.arn)}>
                  {say(copied ? 'ui.copied' : 'ui.copy')}
                </button>
              </dd>
            </div>
            <Detail name={say('ui.who.account')} value={who.account} mono />
            {who.user && <Detail name={say('ui.who.user')} value={who.user.email ?? who.user.username} />}
            {who.identity_id && <Detail name={say('ui.who.identity')} value={who.identity_id} mono />}
            {who.keys_expire && <Detail name={say('ui.who.keys')} value={clock(who.keys_expire)} />}
          </dl>
        )}
      </div>
      {who && Object.keys(who.claims).length > 0 && (
        <More words={say('ui.who.claims')}>
          <table class="claims">
            <tbody>
              {Object.entries(who.claims).map(([name, claim]) => (
                <tr key={name}>
                  <th scope="row" class="mono">
                    {name}
                  </th>
                  <td class="mono">
                    {claimWords(claim)}
                    {times.includes(name) && typeof claim === 'number' && <span class="muted"> ({clock(claim)})</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </More>
      )}
    </article>
  )
}

/** Claims that are times (RFC 7519, OpenID Connect). */
const times = ['exp', 'iat', 'nbf', 'auth_time', 'updated_at']

const claimWords = (claim: unknown): string => (typeof claim === 'string' ? claim : JSON.stringify(claim))
