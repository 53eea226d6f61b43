// A sign-out: how far it goes, and what came of each step.

import { useLayoutEffect, useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Submit } from '../parts/button'
import { Check, Radios } from '../parts/check'
import { Glyph } from '../parts/glyph'
import { Problem } from '../parts/problem'
import type { Failure, LoginView, SignOutScope, SignedOutHere } from '../wire'
import { say } from '../words'
import { clock } from '../times'

export function SignOut(props: { login: LoginView; close: () => void; done: (left: SignedOutHere) => void }) {
  const { login } = props
  const [scope, setScope] = useState<SignOutScope>('session')
  const [browser, setBrowser] = useState(false)
  const [more, setMore] = useState(false)
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)

  async function leave(): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      const also = browser && scope !== 'local' ? 'sign_out' : 'stay'
      props.done(await bridge.signOut(login.name, scope, also))
    } catch (thrown) {
      setFailure(failureOf(thrown))
      setBusy(false)
    }
  }

  useLayoutEffect(() => {
    const escape = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.isComposing) props.close()
    }
    addEventListener('keydown', escape)
    return () => removeEventListener('keydown', escape)
  }, [])

  const user = login.user?.email ?? login.user?.username ?? login.name
  const scopes: { value: SignOutScope; words: string; hint: string }[] = [
    { value: 'session', words: say('ui.sign_out.session'), hint: say('ui.sign_out.session_hint') },
    ...(login.kind === 'user_pool'
      ? [{ value: 'everywhere' as const, words: say('ui.sign_out.everywhere'), hint: say('ui.sign_out.everywhere_hint', { user }) }]
      : []),
    ...(more ? [{ value: 'local' as const, words: say('ui.sign_out.local'), hint: say('ui.sign_out.local_hint') }] : []),
  ]
  return (
    <form
      class="note"
      aria-label={say('ui.sign_out.title', { login: login.name })}
      onSubmit={(event) => {
        event.preventDefault()
        if (!busy) void leave()
      }}
    >
      {login.kind === 'command' ? (
        <p>{say('ui.sign_out.command')}</p>
      ) : (
        <>
          <Radios label={say('ui.sign_out.title', { login: login.name })} name="scope" value={scope} options={scopes} autofocus onInput={setScope} />
          {!more && (
            <button class="link" type="button" onClick={() => setMore(true)}>
              {say('ui.login_form.more')}
            </button>
          )}
          {login.browser && scope !== 'local' && (
            <Check name="browser" words={say('ui.sign_out.browser')} hint={say('ui.sign_out.browser_hint')} on={browser} turn={setBrowser} />
          )}
        </>
      )}
      <Problem failure={failure} place="main" />
      <div class="actions">
        <Submit busy={busy} doing={say('ui.sign_out.doing')} slim>
          {say('action.sign_out')}
        </Submit>
        <button class="button slim" type="button" onClick={props.close}>
          {say('ui.form.cancel')}
        </button>
      </div>
    </form>
  )
}

type Step = { words: string; failure?: Failure | undefined; isOpen?: boolean }

/** What came of it, step by step. */
export function Parting(props: { left: SignedOutHere; login: LoginView; close: () => void }) {
  const { told, browser } = props.left
  return (
    <div class="note parting" role="status">
      <ul>
        {steps(props.left, props.login).map((step) => (
          <li key={step.words} class={step.failure ? 'open' : step.isOpen ? '' : 'met'}>
            <Glyph of={step.failure || step.isOpen ? 'ring' : 'tick'} />
            <span>
              {step.words}
              {step.failure && (
                <span class="muted small" lang="en">
                  {step.failure.sentence}
                </span>
              )}
            </span>
          </li>
        ))}
      </ul>
      {told.retrying && <p>{say('ui.sign_out.retrying')}</p>}
      {browser?.to === 'failed' && <Problem failure={browser.failure} place="main" />}
      {told.keys_live_until && <p>{say('ui.sign_out.keys', { until: clock(told.keys_live_until) })}</p>}
      <button class="button slim" type="button" onClick={props.close}>
        {say('ui.sign_out.close')}
      </button>
    </div>
  )
}

function steps({ told, browser, scope }: SignedOutHere, login: LoginView): Step[] {
  if (!told.had_session) return [{ words: say('ui.sign_out.nobody') }]
  const isTold = scope !== 'local' && login.kind !== 'command'
  return [
    { words: say('ui.sign_out.step_here') },
    ...(isTold
      ? [told.not_revoked ? { words: say('ui.sign_out.step_not_revoked'), failure: told.not_revoked } : { words: say('ui.sign_out.step_revoked') }]
      : []),
    ...(scope === 'local' ? [{ words: say('ui.sign_out.step_local'), isOpen: true }] : []),
    ...(told.not_forgotten ? [{ words: say('ui.sign_out.step_not_forgotten'), failure: told.not_forgotten }] : []),
    ...(scope === 'everywhere'
      ? [told.not_everywhere ? { words: say('ui.sign_out.step_not_everywhere'), failure: told.not_everywhere } : { words: say('ui.sign_out.step_everywhere') }]
      : []),
    ...(browser?.to === 'provider' ? [{ words: say('ui.sign_out.step_browser') }] : []),
    ...(browser?.to === 'nowhere' ? [{ words: say('ui.sign_out.step_nowhere'), isOpen: true }] : []),
  ]
}
