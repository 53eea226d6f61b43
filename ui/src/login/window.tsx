// The login window: which login, then one question at a time, then the end.

import { useEffect, useRef, useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Mark } from '../parts/glyph'
import { Problem } from '../parts/problem'
import { Title } from '../parts/title'
import { type Rule, ruleOf, withRule } from '../policy'
import { go } from '../route'
import { configuration, shown, useLive } from '../store'
import type { Answer, Failure, Goal, Question, Turn, User } from '../wire'
import { say } from '../words'
import { Chooser } from './chooser'
import { Ended } from './ended'
import { Page, doing } from './questions'

type Stage =
  | { at: 'choosing' }
  | { at: 'waiting' }
  | { at: 'asking'; question: Question; problem: Failure | null; page: number }
  /** Somebody else than the configuration names. */
  | { at: 'renaming'; question: Question }
  | { at: 'signed_in'; user: User }
  | { at: 'outcome' }
  | { at: 'failed'; failure: Failure }

export function LoginWindow(props: { login: string | null }) {
  const config = useLive(configuration)
  const names = config?.logins.map((login) => login.name) ?? []
  const only = names.length === 1 ? (names[0] ?? null) : null
  const login = props.login ?? only
  const [stage, setStage] = useState<Stage>(login ? { at: 'waiting' } : { at: 'choosing' })
  const [goal, setGoal] = useState<Goal>({ kind: 'sign_in' })
  const [busy, setBusy] = useState<string | null>(null)
  const [rules, setRules] = useState<Rule[]>([])
  const typed = useRef<Record<string, string>>({})
  const pages = useRef(0)

  /** Shows what a call comes to. After a resend it is the same page still, with what was typed. */
  async function follow(call: Promise<Turn>, resent: Question | null, refusedLength = 0): Promise<void> {
    try {
      const turn = await call
      switch (turn.turn) {
        case 'question': {
          const { question, problem } = turn
          if (resent?.kind !== question.kind) pages.current += 1
          const rule = problem && question.kind === 'new_password' && ruleOf(problem, refusedLength)
          if (rule) setRules((known) => withRule(known, rule))
          setStage({ at: 'asking', question, problem, page: pages.current })
          break
        }
        case 'signed_in':
          setStage({ at: 'signed_in', user: turn.user })
          break
        case 'outcome':
          setStage({ at: 'outcome' })
          break
      }
    } catch (thrown) {
      setStage({ at: 'failed', failure: failureOf(thrown) })
    } finally {
      setBusy(null)
    }
  }

  function begin(next: Goal, username: string | null = null): void {
    if (!login) return
    setGoal(next)
    setRules([])
    setStage({ at: 'waiting' })
    void follow(bridge.begin(login, username, next), null)
  }

  function answer(given: Answer): void {
    if (stage.at === 'renaming' && given.kind === 'username') begin(goal, given.value)
    if (stage.at !== 'asking') return
    if (given.kind === 'attributes') Object.assign(typed.current, given.value)
    if (given.kind === 'new_password') Object.assign(typed.current, given.value.attributes)
    const length = given.kind === 'new_password' ? [...given.value.password].length : 0
    setBusy(doing(stage.question, given))
    void follow(bridge.answer(given), given.kind === 'resend' ? stage.question : null, length)
  }

  useEffect(() => {
    if (login) begin({ kind: 'sign_in' })
  }, [login])

  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      // Escape also ends the choice of an input method, and that is all it is meant for then.
      if (event.key === 'Escape' && !event.isComposing) void bridge.close()
    }
    addEventListener('keydown', leave)
    return () => removeEventListener('keydown', leave)
  }, [])

  const renames = stage.at === 'asking' && stage.question.kind === 'password' && goal.kind === 'sign_in'
  const asked = stage.at === 'asking' || stage.at === 'renaming' ? stage.question : null
  return (
    <div class={asked?.kind === 'app_setup' || asked?.kind === 'new_password' ? 'login long' : 'login'}>
      <Head login={login} />
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
            rules={rules}
            typed={typed.current}
            answer={answer}
            {...(renames ? { another: () => setStage({ at: 'renaming', question: { kind: 'username', hint: null } }) } : {})}
          />
        )}
        {stage.at === 'failed' && (
          <>
            <div class="lead">
              <Title>{say('ui.login.failed')}</Title>
            </div>
            <Problem failure={stage.failure} place="login" />
            <button class="button primary wide" type="button" ref={focus} onClick={() => begin(goal)}>
              {say('ui.login.again')}
            </button>
          </>
        )}
        {(stage.at === 'signed_in' || stage.at === 'outcome') && (
          <Ended
            login={login ?? ''}
            goal={goal}
            user={stage.at === 'signed_in' ? stage.user : null}
            signIn={() => begin({ kind: 'sign_in' })}
          />
        )}
      </main>
      <Links stage={stage} goal={goal} begin={begin} several={names.length > 1 && login !== null} />
    </div>
  )
}

function Head(props: { login: string | null }) {
  const news = useLive(shown)
  const config = useLive(configuration)
  const form = config?.logins.find((one) => one.name === props.login)
  const provider = news.status?.logins.find((one) => one.name === props.login)?.provider ?? form?.user_pool_id ?? form?.issuer
  return (
    <header>
      <Mark />
      <div class="where">
        <strong>{props.login ?? 'Poolkey'}</strong>
        {props.login && <span class="muted small">{provider}</span>}
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
function Links(props: { stage: Stage; goal: Goal; begin: (goal: Goal, username?: string) => void; several: boolean }) {
  const { stage, goal, begin } = props
  if (stage.at !== 'asking' && stage.at !== 'renaming' && stage.at !== 'failed') return <footer />
  const question = stage.at === 'asking' ? stage.question : null
  const signsIn = goal.kind === 'sign_in'
  const username = question?.kind === 'password' ? question.username : undefined
  const asksWho = stage.at === 'renaming' || question?.kind === 'username' || question?.kind === 'password'
  return (
    <footer>
      {signsIn && asksWho && (
        <>
          <Link words={say('ui.login.forgot')} act={() => begin({ kind: 'forgot_password' }, username)} />
          <Link words={say('ui.login.create')} act={() => begin({ kind: 'sign_up', attributes: {} })} />
        </>
      )}
      {!signsIn && <Link words={say('ui.login.back')} act={() => begin({ kind: 'sign_in' })} />}
      {props.several && signsIn && (
        <Link words={say('ui.login.other')} act={() => go({ page: 'login', login: null })} />
      )}
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
