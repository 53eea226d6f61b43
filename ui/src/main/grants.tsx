// Who may fetch keys at the container credentials endpoint.

import { useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Problem } from '../parts/problem'
import { hashOf } from '../route'
import { clock } from '../times'
import type { EndpointView, Failure, GrantView } from '../wire'
import { say } from '../words'

export function Grants(props: { endpoint: EndpointView | undefined }) {
  const [failure, setFailure] = useState<Failure | null>(null)
  const [busy, setBusy] = useState<string | null>(null)
  const { endpoint } = props
  if (!endpoint) return null

  async function revoke(grant: GrantView): Promise<void> {
    setBusy(grant.id)
    setFailure(null)
    try {
      await bridge.revoke(grant.id)
    } catch (thrown) {
      setFailure(failureOf(thrown))
    } finally {
      setBusy(null)
    }
  }

  return (
    <article class="card" aria-labelledby="grants">
      <header>
        <div class="words">
          <h2 id="grants">{say('ui.grants.title')}</h2>
          <p class="muted small">{say('ui.grants.lead', { url: endpoint.url })}</p>
        </div>
      </header>
      <Problem failure={failure ?? endpoint.trouble ?? null} place="main" />
      <ul class="rows">
        {endpoint.grants.map((grant) => (
          <li key={grant.id} class="grant">
            <span class="words">
              <strong>{grantName(grant)}</strong>
              <span class="muted small">
                {say('ui.grants.of')} <a href={hashOf({ page: 'profile', profile: grant.profile })}>{grant.profile}</a>
                {` · ${times(grant)}`}
              </span>
            </span>
            <button
              class="button slim"
              type="button"
              disabled={busy === grant.id}
              aria-label={say('ui.grants.revoke_of', { name: grantName(grant) })}
              onClick={() => void revoke(grant)}
            >
              {say('ui.grants.revoke')}
            </button>
          </li>
        ))}
      </ul>
    </article>
  )
}

/** Its name, or the process that it ends with. */
function grantName(grant: GrantView): string {
  if (grant.named) return grant.id
  return grant.pid === undefined ? say('ui.grants.unnamed') : say('ui.grants.process', { pid: String(grant.pid) })
}

function times(grant: GrantView): string {
  return [
    say('ui.grants.since', { time: clock(grant.since) }),
    grant.used === undefined ? say('ui.grants.unused') : say('ui.grants.used', { time: clock(grant.used) }),
    grant.until !== undefined && say('ui.grants.until', { time: clock(grant.until) }),
  ]
    .filter(Boolean)
    .join(' · ')
}
