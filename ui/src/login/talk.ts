// The conversation of a login window: one question at a time. What comes of one that was given up is
// nobody's business any more.

import { useEffect, useRef, useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { type Rule, ruleOf, withRule } from '../policy'
import type { Answer, Failure, Goal, Question, Turn, User } from '../wire'
import { doing } from './questions'

export type Stage =
  | { at: 'choosing' }
  | { at: 'waiting' }
  | { at: 'asking'; question: Question; problem: Failure | null; page: number }
  /** Somebody else than the configuration names. */
  | { at: 'renaming'; question: Question }
  | { at: 'signed_in'; user: User }
  | { at: 'outcome' }
  | { at: 'failed'; failure: Failure }

/** Whose name or account it shall be. */
export type Whose = { username?: string | null; another?: boolean }

export type Talk = {
  stage: Stage
  goal: Goal
  /** What is being done, in words, while something is. */
  busy: string | null
  /** What is known so far of the passwords that the pool takes. */
  rules: Rule[]
  /** Attributes that were typed so far. */
  typed: Record<string, string>
  begin: (goal: Goal, whose?: Whose) => void
  answer: (answer: Answer) => void
  /** Asks for another user name before it begins again. */
  rename: () => void
}

/** Converses about this login, beginning with a sign-in. */
export function useTalk(login: string | null): Talk {
  const [stage, setStage] = useState<Stage>(login ? { at: 'waiting' } : { at: 'choosing' })
  const [goal, setGoal] = useState<Goal>({ kind: 'sign_in' })
  const [busy, setBusy] = useState<string | null>(null)
  const [rules, setRules] = useState<Rule[]>([])
  const typed = useRef<Record<string, string>>({})
  const pages = useRef(0)
  /** Which conversation it is. */
  const current = useRef(0)
  /** What was answered while the daemon still waits for the browser. */
  const meanwhile = useRef<Answer | null>(null)

  /** Shows what a call comes to, and waits for the browser where it is asked for. `same` is the
   * question that stays on its page, with what was typed, should it be asked again. */
  async function follow(call: Promise<Turn>, same: Question | null, refusedLength = 0): Promise<void> {
    const mine = current.current
    try {
      let turn = await call
      while (mine === current.current) {
        show(turn, same, refusedLength)
        if (turn.turn !== 'question' || turn.question.kind !== 'browser') break
        same = turn.question
        turn = await waited(turn)
      }
    } catch (thrown) {
      if (mine === current.current) setStage({ at: 'failed', failure: failureOf(thrown) })
    } finally {
      if (mine === current.current) setBusy(null)
    }
  }

  /** What comes of waiting for the browser for a while, or of what was answered instead. */
  async function waited(asked: Turn): Promise<Turn> {
    const begun = Date.now()
    const given = meanwhile.current
    meanwhile.current = null
    const turn = await bridge.answer(given ?? { kind: 'wait' })
    // A daemon that answers at once is not asked without end.
    const rest = PAUSE - (Date.now() - begun)
    if (rest > 0) await new Promise((done) => setTimeout(done, rest))
    const isStill = turn.turn === 'question' && turn.question.kind === 'browser'
    if (given && isStill) setBusy(null)
    // What was wrong with an address stays until there is another.
    const problem = given === null && asked.turn === 'question' ? asked.problem : null
    return isStill ? { ...turn, problem: turn.problem ?? problem } : turn
  }

  function show(turn: Turn, same: Question | null, refusedLength: number): void {
    switch (turn.turn) {
      case 'question': {
        const { question, problem } = turn
        if (same?.kind !== question.kind) pages.current += 1
        const rule = problem && question.kind === 'new_password' && ruleOf(problem, refusedLength)
        if (rule) setRules((known) => withRule(known, rule))
        setStage({ at: 'asking', question, problem, page: pages.current })
        if (question.kind === 'browser' && same?.kind !== 'browser') setBusy(null)
        break
      }
      case 'signed_in':
        setStage({ at: 'signed_in', user: turn.user })
        break
      case 'outcome':
        setStage({ at: 'outcome' })
        break
    }
  }

  function begin(next: Goal, whose: Whose = {}): void {
    if (!login) return
    current.current += 1
    meanwhile.current = null
    setGoal(next)
    setRules([])
    setBusy(null)
    setStage({ at: 'waiting' })
    void follow(bridge.begin(login, whose.username ?? null, next, whose.another ?? false), null)
  }

  function answer(given: Answer): void {
    if (stage.at === 'renaming' && given.kind === 'username') begin(goal, { username: given.value })
    if (stage.at !== 'asking') return
    setBusy(doing(stage.question, given))
    if (stage.question.kind === 'browser') {
      meanwhile.current = given
      return
    }
    if (given.kind === 'attributes') Object.assign(typed.current, given.value)
    if (given.kind === 'new_password') Object.assign(typed.current, given.value.attributes)
    const length = given.kind === 'new_password' ? [...given.value.password].length : 0
    void follow(bridge.answer(given), given.kind === 'resend' ? stage.question : null, length)
  }

  useEffect(() => {
    if (login) begin({ kind: 'sign_in' })
    return () => {
      current.current += 1
    }
  }, [login])

  const rename = () => setStage({ at: 'renaming', question: { kind: 'username', hint: null } })
  return { stage, goal, busy, rules, typed: typed.current, begin, answer, rename }
}

/** Between two looks for the browser, in milliseconds. */
const PAUSE = 500
