// What the two forms have in common: they are checked as they are typed, and saved whole.

import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Submit } from '../parts/button'
import type { Refused } from '../parts/field'
import { Problem } from '../parts/problem'
import { Title } from '../parts/title'
import { type Route, go } from '../route'
import { readConfiguration } from '../store'
import type { Change, Failure, Outputs } from '../wire'
import { say } from '../words'
import type { Draft } from './draft'
import { Back } from './profile'

/** What is wrong with the form as it stands, by the rules of the configuration itself. */
export function useForm(change: Change, isWhole: boolean): Failure | null {
  const [problem, setProblem] = useState<Failure | null>(null)
  const text = JSON.stringify(change)
  useEffect(() => {
    if (!isWhole) {
      setProblem(null)
      return
    }
    let stale = false
    const timer = setTimeout(() => {
      bridge.check(change).then(
        () => !stale && setProblem(null),
        (thrown: unknown) => !stale && setProblem(failureOf(thrown)),
      )
    }, 250)
    return () => {
      stale = true
      clearTimeout(timer)
    }
  }, [text, isWhole])
  return problem
}

/** The problem, for the field that it names. */
export function named(problem: Failure | null, field: string): Refused {
  const names = problem !== null && new RegExp(`\\b${field}\\b`).test(problem.sentence)
  return names ? { failure: problem, place: 'form' } : null
}

export function Editor(props: {
  title: string
  change: Change
  removal: Change | null
  problem: Failure | null
  /** The fields that tell a problem which names them. */
  fields: string[]
  draft: Draft<object>
  after: Route
  children: ComponentChildren
}) {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [asks, ask] = useState(false)

  async function save(change: Change, after: Route): Promise<void> {
    setBusy(true)
    try {
      await bridge.apply(change)
      props.draft.drop()
      await readConfiguration()
      go(after)
    } catch (thrown) {
      setFailure(failureOf(thrown))
      document.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
    } finally {
      setBusy(false)
    }
  }

  // Escape leaves the page; what was typed is there when it is opened again.
  useLayoutEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return
      if (asks) ask(false)
      else go({ page: 'overview' })
    }
    addEventListener('keydown', leave)
    return () => removeEventListener('keydown', leave)
  }, [asks])

  const { removal, draft } = props
  // What a field tells is not told twice.
  const isTold = props.fields.some((field) => named(props.problem, field))
  const isSaid = isTold && failure?.sentence === props.problem?.sentence
  return (
    <section class="page narrow">
      <Back />
      <Title>{props.title}</Title>
      {draft.isKept && (
        <p class="note split" role="status">
          {say('ui.form.kept')}
          <button class="link" type="button" onClick={draft.drop}>
            {say('ui.form.drop')}
          </button>
        </p>
      )}
      <form
        aria-labelledby="title"
        onInput={() => setFailure(null)}
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) void save(props.change, props.after)
        }}
      >
        {props.children}
        <Problem failure={isSaid ? null : (failure ?? (isTold ? null : props.problem))} place="form" />
        <div class="actions">
          <Submit busy={busy} doing={say('ui.form.saving')} slim>
            {say('ui.form.save')}
          </Submit>
          <button
            class="button"
            type="button"
            onClick={() => {
              draft.drop()
              go({ page: 'overview' })
            }}
          >
            {say('ui.form.cancel')}
          </button>
          {removal && !asks && (
            <button class="button quiet bad" type="button" onClick={() => ask(true)}>
              {say('ui.form.remove')}
            </button>
          )}
        </div>
      </form>
      {removal && asks && (
        <div class="note bad" role="alertdialog" aria-label={say('ui.form.remove_sure')}>
          <p>{say('ui.form.remove_sure')}</p>
          <div class="actions">
            <button class="button bad slim" type="button" ref={focus} onClick={() => void save(removal, { page: 'overview' })}>
              {say('ui.form.remove')}
            </button>
            <button class="button slim" type="button" onClick={() => ask(false)}>
              {say('ui.form.keep')}
            </button>
          </div>
        </div>
      )}
    </section>
  )
}

/** Ids out of a file of Amplify's, dropped, chosen or pasted. */
export function Import(props: { take: (found: Outputs) => void }) {
  const [failure, setFailure] = useState<Failure | null>(null)
  const [found, setFound] = useState(false)
  const [over, setOver] = useState(false)
  const input = useRef<HTMLInputElement>(null)

  async function read(text: Promise<string>): Promise<void> {
    try {
      props.take(await bridge.readOutputs(await text))
      setFound(true)
      setFailure(null)
    } catch (thrown) {
      setFailure(failureOf(thrown))
    }
  }

  return (
    <div
      class={over ? 'import over' : 'import'}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        const file = event.dataTransfer?.files[0]
        if (file) void read(file.text())
      }}
      onPaste={(event) => {
        const text = event.clipboardData?.getData('text') ?? ''
        if (text.includes('{')) {
          event.preventDefault()
          void read(Promise.resolve(text))
        }
      }}
    >
      <p role="status">
        {say(found ? 'ui.import.found' : 'ui.import.lead')}{' '}
        <button class="link" type="button" onClick={() => input.current?.click()}>
          {say('ui.import.choose')}
        </button>
      </p>
      <input
        ref={input}
        class="unseen"
        type="file"
        tabIndex={-1}
        aria-hidden="true"
        accept=".json,.js"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0]
          if (file) void read(file.text())
        }}
      />
      <Problem failure={failure} place="form" />
    </div>
  )
}

function focus(element: HTMLElement | null): void {
  element?.focus()
}
