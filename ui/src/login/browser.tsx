// The person signs in in a browser, this one or another.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Submit } from '../parts/button'
import { Field } from '../parts/field'
import { Glyph } from '../parts/glyph'
import { Problem } from '../parts/problem'
import type { Failure } from '../wire'
import { say } from '../words'
import { Lead, type Of, refused, text } from './form'

export function Browser(props: Of<'browser'>) {
  const { question, busy } = props
  const [failure, setFailure] = useState<Failure | null>(null)
  const [copied, setCopied] = useState(false)
  const [typed, setTyped] = useState(false)
  const again = useRef<HTMLButtonElement>(null)

  function run(call: () => Promise<void>, done?: () => void): void {
    call().then(
      () => {
        setFailure(null)
        done?.()
      },
      (thrown: unknown) => setFailure(failureOf(thrown)),
    )
  }

  // Once, when it is asked first.
  useEffect(() => {
    run(bridge.openAddress)
  }, [])

  useLayoutEffect(() => {
    again.current?.focus()
  }, [])

  return (
    <>
      <Glyph of="browser" class="picture" />
      <Lead title={say('ui.browser.title')}>{say(failure ? 'ui.browser.lead_failed' : 'ui.browser.lead')}</Lead>
      <Problem failure={failure ?? (typed ? null : props.problem)} place="login" />
      <p class="awaits muted small">
        <span class="spinner" aria-hidden="true" />
        {busy ?? say('ui.browser.waiting')}
      </p>
      <div class="stack">
        <button class="button wide" type="button" ref={again} onClick={() => run(bridge.openAddress)}>
          {say('ui.browser.again')}
        </button>
        <button class="button wide" type="button" onClick={() => run(bridge.copyAddress, () => setCopied(true))}>
          {say(copied ? 'ui.browser.copied' : 'ui.browser.copy')}
        </button>
      </div>
      <details class="elsewhere">
        <summary>{say('ui.browser.elsewhere')}</summary>
        <form
          aria-label={say('ui.browser.elsewhere')}
          onSubmit={(event) => {
            event.preventDefault()
            if (busy !== null) return
            setTyped(true)
            props.answer({ kind: 'address', value: text(new FormData(event.currentTarget), 'address').trim() })
          }}
        >
          <p class="small">{say('ui.browser.elsewhere_lead')}</p>
          <Field
            label={say('ui.browser.address')}
            hint={
              <>
                {say('ui.browser.address_hint')} <span class="mono">{question.redirect_uri}</span>
              </>
            }
            name="address"
            class="mono"
            maxLength={8192}
            required
            refused={typed && busy === null ? refused(props) : null}
          />
          <Submit busy={busy !== null} doing={busy ?? ''} slim>
            {say('ui.go')}
          </Submit>
        </form>
      </details>
    </>
  )
}
