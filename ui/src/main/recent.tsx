// What happened lately, the newest first.

import type { Recent } from '../wire'
import { clock, span } from '../times'
import { codeWords, endedWords, say } from '../words'

export function RecentEvents(props: { recent: Recent[] }) {
  if (props.recent.length === 0) return null
  return (
    <article class="card" aria-labelledby="recent">
      <h2 id="recent">{say('ui.recent.title')}</h2>
      <ul class="recent">
        {[...props.recent].reverse().map((one, index) => (
          <li key={`${one.at}/${index}`}>
            <time class="muted" dateTime={new Date(one.at * 1000).toISOString()}>
              {clock(one.at)}
            </time>
            <span>
              <strong>{one.login}</strong> · {words(one)}
            </span>
          </li>
        ))}
      </ul>
    </article>
  )
}

function words(one: Recent): string {
  switch (one.what.kind) {
    case 'signed_in':
      return say('ui.recent.signed_in')
    case 'signed_out':
      return say('ui.recent.signed_out')
    case 'ended':
      return endedWords(one.what.reason)
    case 'back':
      return say('ui.recent.back', { length: span(one.what.secs), headline: codeWords(one.what.code) })
    case 'taken':
      return say('ui.recent.taken', { profile: one.profile ?? '' })
    case 'other':
      return say('ui.recent.other')
  }
}
