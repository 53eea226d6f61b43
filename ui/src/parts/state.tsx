import type { LoginView } from '../wire'
import { type Key, say } from '../words'

const tones: Record<LoginView['state'], string> = {
  unread: '',
  signed_out: '',
  signing_in: 'wait',
  signed_in: 'good',
  needs_sign_in: 'bad',
}

/** A login's state in a word. */
export function StatePill(props: { login: LoginView }) {
  const { state, trouble } = props.login
  if (state === 'signed_in' && trouble) {
    return <span class="pill wait">{say(`code.${trouble.code}` as Key)}</span>
  }
  return <span class={`pill ${tones[state]}`}>{say(`ui.state.${state}` as Key)}</span>
}
