// What starts by itself.

import { useEffect, useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Check } from '../parts/check'
import type { AtLogin, Failure, Starter } from '../wire'
import { say } from '../words'

export function Starting(props: {
  opensWindow: boolean
  setOpensWindow: (on: boolean) => void
  failed: (failure: Failure | null) => void
}) {
  const [atLogin, setAtLogin] = useState<AtLogin | null>(null)
  const look = async () => setAtLogin(await bridge.autostart())
  useEffect(() => {
    look().catch((thrown: unknown) => props.failed(failureOf(thrown)))
  }, [])

  async function turn(what: Starter, on: boolean): Promise<void> {
    try {
      await bridge.setAutostart(what, on)
      props.failed(null)
    } catch (thrown) {
      props.failed(failureOf(thrown))
    }
    await look()
  }

  return (
    <article class="card">
      <h2>{say('ui.settings.start')}</h2>
      {atLogin && atLogin.icon !== null && (
        <Check
          name="autostart_icon"
          words={say('ui.settings.autostart_icon')}
          on={atLogin.icon}
          turn={(on) => void turn('icon', on)}
        />
      )}
      {atLogin && atLogin.daemon !== null && (
        <Check
          name="autostart_daemon"
          words={say('ui.settings.autostart_daemon')}
          on={atLogin.daemon}
          turn={(on) => void turn('daemon', on)}
        />
      )}
      <Check
        name="open_window"
        words={say('ui.settings.open_window')}
        hint={say('ui.settings.open_window_hint')}
        on={props.opensWindow}
        turn={props.setOpensWindow}
      />
    </article>
  )
}
