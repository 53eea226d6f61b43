// Whether this is who was meant, before anything is kept.

import { bridge } from '../bridge'
import { Glyph } from '../parts/glyph'
import { Problem } from '../parts/problem'
import type { User } from '../wire'
import { say } from '../words'
import { Lead, type Of } from './form'

export function Identity(props: Of<'identity'>) {
  const { user, was } = props.question
  const busy = props.busy !== null
  return (
    <>
      <Lead title={say(was ? 'ui.identity.title_other' : 'ui.identity.title')}>
        {was ? say('ui.identity.lead_other', { was: nameOf(was) }) : say('ui.identity.lead')}
      </Lead>
      <Problem failure={props.problem} place="login" />
      <div class="whom">
        <Glyph of="person" class="picture" />
        <div class="words">
          <strong>{nameOf(user)}</strong>
          {user.email && user.email !== user.username && <span class="muted small">{user.username}</span>}
          <span class="muted small">{props.provider}</span>
        </div>
      </div>
      <div class="stack">
        <button
          class="button primary wide"
          type="button"
          aria-disabled={busy}
          ref={focus}
          onClick={() => {
            if (!busy) props.answer({ kind: 'identity', value: true })
          }}
        >
          {busy && <span class="spinner" aria-hidden="true" />}
          {say(was ? 'ui.identity.go_other' : 'ui.identity.go')}
        </button>
        {props.another && (
          <button class="button wide" type="button" aria-disabled={busy} onClick={() => !busy && props.another?.()}>
            {say('ui.browser.another')}
          </button>
        )}
        <button class="button wide" type="button" onClick={() => void bridge.close()}>
          {say('ui.form.cancel')}
        </button>
      </div>
    </>
  )
}

/** What people call somebody. */
export const nameOf = (user: User): string => user.email ?? user.username

function focus(element: HTMLElement | null): void {
  if (element && document.activeElement === document.body) element.focus()
}
