// The login window: which login, then one question at a time, then the end.

import { useLayoutEffect } from 'preact/hooks'
import { bridge } from '../bridge'
import { Mark } from '../parts/glyph'
import { Problem } from '../parts/problem'
import { Title } from '../parts/title'
import { go } from '../route'
import { configuration, shown, useLive } from '../store'
import type { LoginView } from '../wire'
import { say } from '../words'
import { Chooser } from './chooser'
import { Ended } from './ended'
import { Page } from './questions'
import { type Talk, useTalk } from './talk'

export function LoginWindow(props: { login: string | null }) {
  const config = useLive(configuration)
  const news = useLive(shown)
  const names = config?.logins.map((login) => login.name) ?? []
  const only = names.length === 1 ? (names[0] ?? null) : null
  const login = props.login ?? only
  const talk = useTalk(login)
  const { stage, goal, busy } = talk

  useLayoutEffect(() => {
    const leave = (event: KeyboardEvent) => {
      // Escape also ends the choice of an input method, and that is all it is meant for then.
      if (event.key === 'Escape' && !event.isComposing) void bridge.close()
    }
    addEventListener('keydown', leave)
    return () => removeEventListener('keydown', leave)
  }, [])

  const view = news.status?.logins.find((one) => one.name === login)
  const form = config?.logins.find((one) => one.name === login)
  const provider = view?.provider ?? form?.user_pool_id ?? form?.issuer ?? ''
  const another = anotherOf(talk, view)
  const asked = stage.at === 'asking' || stage.at === 'renaming' ? stage.question : null
  return (
    <div class={asked && long.includes(asked.kind) ? 'login long' : 'login'}>
      <Head login={login} provider={provider} />
      <main>
        <p class="unseen" role="status">
          {busy}
        </p>
        {stage.at === 'choosing' && <Chooser logins={names} />}
        {stage.at === 'waiting' && <Busy words={say('ui.login.connecting')} />}
        {asked && (
          <Page
            key={stage.at === 'asking' ? stage.page : 'renaming'}
            question={asked}
            problem={stage.at === 'asking' && busy === null ? stage.problem : null}
            goal={goal}
            busy={busy}
            rules={talk.rules}
            typed={talk.typed}
            provider={provider}
            answer={talk.answer}
            {...(another ? { another } : {})}
          />
        )}
        {stage.at === 'failed' && (
          <>
            <div class="lead">
              <Title>{say('ui.login.failed')}</Title>
            </div>
            <Problem failure={stage.failure} place="login" />
            <button class="button primary wide" type="button" ref={focus} onClick={() => talk.begin(goal)}>
              {say('ui.login.again')}
            </button>
          </>
        )}
        {(stage.at === 'signed_in' || stage.at === 'outcome') && (
          <Ended
            login={login ?? ''}
            goal={goal}
            user={stage.at === 'signed_in' ? stage.user : null}
            signIn={() => talk.begin({ kind: 'sign_in' })}
          />
        )}
      </main>
      <Links talk={talk} view={view} several={names.length > 1 && login !== null} />
    </div>
  )
}

/** Pages with much on them. */
const long: string[] = ['app_setup', 'new_password']

/** How somebody else signs in, where the question leaves a choice: a browser shows its own page once
 * more, elsewhere another name is typed. */
function anotherOf({ stage, goal, begin, rename }: Talk, view: LoginView | undefined): (() => void) | null {
  if (stage.at !== 'asking' || goal.kind !== 'sign_in') return null
  switch (stage.question.kind) {
    case 'password':
      return rename
    case 'browser':
      return () => begin(goal, { another: true })
    case 'identity':
      if (view?.kind === 'command') return null
      return view && !view.browser ? rename : () => begin(goal, { another: true })
    default:
      return null
  }
}

function Head(props: { login: string | null; provider: string }) {
  return (
    <header>
      <Mark />
      <div class="where">
        <strong>{props.login ?? 'Poolkey'}</strong>
        {props.login && <span class="muted small">{props.provider}</span>}
      </div>
    </header>
  )
}

function Busy(props: { words: string }) {
  return (
    <div class="busy" role="status">
      <Title unseen>{props.words}</Title>
      <span class="spinner" aria-hidden="true" />
      <span aria-hidden="true">{props.words}</span>
    </div>
  )
}

/** Other things than the one that is asked. */
function Links(props: { talk: Talk; view: LoginView | undefined; several: boolean }) {
  const { stage, goal, begin } = props.talk
  if (stage.at !== 'asking' && stage.at !== 'renaming' && stage.at !== 'failed') return <footer />
  const question = stage.at === 'asking' ? stage.question : null
  const signsIn = goal.kind === 'sign_in'
  const username = question?.kind === 'password' ? question.username : undefined
  const asksWho = stage.at === 'renaming' || question?.kind === 'username' || question?.kind === 'password'
  return (
    <footer>
      {signsIn && asksWho && (
        <>
          <Link words={say('ui.login.forgot')} act={() => begin({ kind: 'forgot_password' }, username === undefined ? {} : { username })} />
          <Link words={say('ui.login.create')} act={() => begin({ kind: 'sign_up', attributes: {} })} />
        </>
      )}
      {question?.kind === 'browser' && <Link words={say('ui.browser.another')} act={() => begin(goal, { another: true })} />}
      {stage.at === 'failed' && signsIn && props.view?.browser && (
        <Link words={say('ui.browser.another')} act={() => begin(goal, { another: true })} />
      )}
      {!signsIn && <Link words={say('ui.login.back')} act={() => begin({ kind: 'sign_in' })} />}
      {props.several && signsIn && (
        <Link words={say('ui.login.other')} act={() => go({ page: 'login', login: null })} />
      )}
      {question?.kind === 'browser' && <Link words={say('ui.form.cancel')} act={() => void bridge.close()} />}
    </footer>
  )
}

function Link(props: { words: string; act: () => void }) {
  return (
    <button class="link" type="button" onClick={props.act}>
      {props.words}
    </button>
  )
}

function focus(element: HTMLElement | null): void {
  if (element && document.activeElement === document.body) element.focus()
}
