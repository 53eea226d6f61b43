import { bridge } from '../bridge'
import { Glyph } from '../parts/glyph'
import { Title } from '../parts/title'
import type { Goal, User } from '../wire'
import { say } from '../words'

/** It is done. */
export function Ended(props: { login: string; goal: Goal; user: User | null; signIn: () => void }) {
  const { login, user } = props
  return (
    <div class="end" role="status">
      <span class="done">
        <Glyph of="tick" class="tick" />
      </span>
      <div class="lead">
        <Title>{user ? say('ui.done.signed_in') : title(props.goal)}</Title>
        <p class="muted">{user ? say('ui.done.signed_in_as', { user: user.email ?? user.username, login }) : say('ui.done.next')}</p>
      </div>
      {user ? (
        <button class="button primary wide" type="button" ref={focus} onClick={() => void bridge.close()}>
          {say('ui.done.close')}
        </button>
      ) : (
        <button class="button primary wide" type="button" ref={focus} onClick={props.signIn}>
          {say('action.sign_in')}
        </button>
      )}
    </div>
  )
}

function title(goal: Goal): string {
  switch (goal.kind) {
    case 'forgot_password':
    case 'reset_password':
    case 'change_password':
      return say('ui.done.new_password')
    case 'sign_up':
    case 'confirm':
      return say('ui.done.signed_up')
    default:
      return say('ui.done.done')
  }
}

function focus(element: HTMLButtonElement | null): void {
  element?.focus()
}
