// The login window: which login, then one question at a time, then the end.

import { useEffect, useRef, useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Mark } from '../parts/glyph'
import { Problem } from '../parts/problem'
import { configuration, shown, useLive } from '../store'
import type { Answer, Failure, Goal, Outcome, Question, Turn, User } from '../wire'
import { say } from '../words'
import { Chooser } from './chooser'
import { Ended } from './ended'
import { Page, doing } from './questions'

type Stage =
  | { at: 'choosing' }
  | { at: 'waiting' }
  | { at: 'asking'; question: Question; problem: Failure | null; turn: number }
  | { at: 'signed_in'; user: User }
  | { at: 'outcome'; outcome: Outcome }
  | { at: 'failed'; failure: Failure }

export function LoginWindow(props: { login: string | null }) {
  const config = useLive(configuration)
  const news = useLive(shown)
  const names = config?.logins.map((login) => login.name) ?? []
  const only = names.length === 1 ? (names[0] ?? null) : null
  const login = props.login ?? only
  const [stage, setStage] = useState<Stage>(login ? { at: 'waiting' } : { at: 'choosing' })
  const [goal, setGoal] = useState<Goal>({ kind: 'sign_in' })
  const [busy, setBusy] = useState<string | null>(null)
  const turns = useRef(0)

  async function follow(call: Promise<Turn>): Promise<void> {
    try {
      const turn = await call
      turns.current += 1
      switch (turn.turn) {
        case 'question':
          setStage({ at: 'asking', question: turn.question, problem: turn.problem, turn: turns.current })
          break
        case 'signed_in':
          setStage({ at: 'signed_in', user: turn.user })
          break
        case 'outcome':
          setStage({ at: 'outcome', outcome: turn.outcome })
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
    setStage({ at: 'waiting' })
    void follow(bridge.begin(login, username, next))
  }

  function answer(given: Answer): void {
    if (stage.at !== 'asking') return
    setBusy(doing(stage.question, given))
    void follow(bridge.answer(given))
  }

  useEffect(() => {
    if (login) begin({ kind: 'sign_in' })
  }, [login])

  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.key === 'Escape') void bridge.close()
    }
    addEventListener('keydown', leave)
    return () => removeEventListener('keydown', leave)
  }, [])

  const view = news.status?.logins.find((one) => one.name === login)
  return (
    <div class="login">
      <header>
        <Mark />
        <div class="where">
          <strong>{login ?? 'Poolkey'}</strong>
          {login && (
            <span class="muted small">
              {view?.user_pool_id ?? config?.logins.find((one) => one.name === login)?.user_pool_id}
            </span>
          )}
        </div>
      </header>
      <main>
        {stage.at === 'choosing' && <Chooser logins={names} />}
        {stage.at === 'waiting' && <Busy words={say('ui.login.connecting')} />}
        {stage.at === 'asking' && (
          <Page
            key={`${stage.question.kind}/${stage.turn}`}
            question={stage.question}
            problem={stage.problem}
            goal={goal}
            busy={busy}
            answer={answer}
          />
        )}
        {stage.at === 'failed' && (
          <>
            <h1>{say('ui.login.failed')}</h1>
            <Problem failure={stage.failure} />
            <button class="button primary wide" type="button" onClick={() => begin(goal)}>
              {say('ui.login.again')}
            </button>
          </>
        )}
        {(stage.at === 'signed_in' || stage.at === 'outcome') && (
          <Ended
            login={login ?? ''}
            goal={goal}
            user={stage.at === 'signed_in' ? stage.user : null}
            outcome={stage.at === 'outcome' ? stage.outcome : null}
            signIn={() => begin({ kind: 'sign_in' })}
          />
        )}
      </main>
      <Links stage={stage} goal={goal} begin={begin} />
    </div>
  )
}

function Busy(props: { words: string }) {
  return (
    <div class="busy" role="status">
      <span class="spinner" aria-hidden="true" />
      {props.words}
    </div>
  )
}

/** Other things than the one that is asked. */
function Links(props: { stage: Stage; goal: Goal; begin: (goal: Goal, username?: string) => void }) {
  const { stage, goal, begin } = props
  if (stage.at === 'signed_in' || stage.at === 'waiting') return <footer />
  const question = stage.at === 'asking' ? stage.question : null
  const signsIn = goal.kind === 'sign_in'
  const username = question?.kind === 'password' ? question.username : undefined
  const asksWho = question?.kind === 'username' || question?.kind === 'password'
  return (
    <footer>
      {signsIn && asksWho && (
        <button class="link" type="button" onClick={() => begin({ kind: 'forgot_password' }, username)}>
          {say('ui.login.forgot')}
        </button>
      )}
      {signsIn && asksWho && (
        <button class="link" type="button" onClick={() => begin({ kind: 'sign_up', attributes: {} })}>
          {say('ui.login.create')}
        </button>
      )}
      {!signsIn && stage.at !== 'choosing' && (
        <button class="link" type="button" onClick={() => begin({ kind: 'sign_in' })}>
          {say('ui.login.back')}
        </button>
      )}
    </footer>
  )
}
