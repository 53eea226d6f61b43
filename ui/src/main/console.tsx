// The AWS console in the person's browser, with a profile's keys.

import { useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Problem } from '../parts/problem'
import { clock } from '../times'
import type { Failure } from '../wire'
import { say } from '../words'

export function Console(props: { profile: string }) {
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [ends, setEnds] = useState<number | null>(null)

  async function open(): Promise<void> {
    setBusy(true)
    setFailure(null)
    setEnds(null)
    try {
      setEnds((await bridge.openConsole(props.profile)).session_ends)
    } catch (thrown) {
      setFailure(failureOf(thrown))
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      <div class="actions">
        <button class="button" type="button" disabled={busy} onClick={() => void open()}>
          {say(busy ? 'ui.console.opening' : 'ui.console.open')}
        </button>
        <p class="hint" role="status">
          {ends !== null && say('ui.console.opened', { time: clock(ends) })}
        </p>
      </div>
      <Problem failure={failure} place="main" />
    </>
  )
}
