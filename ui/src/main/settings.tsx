// What a person may choose.

import { useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Select } from '../parts/field'
import { Problem } from '../parts/problem'
import { Title } from '../parts/title'
import { configuration, readConfiguration, shown, useLive } from '../store'
import type { Failure, Language, Look, Preferences } from '../wire'
import { say } from '../words'
import { Detail } from './profile'
import { Starting } from './starting'

export function Settings() {
  const config = useLive(configuration)
  const { status } = useLive(shown)
  const [failure, setFailure] = useState<Failure | null>(null)
  const chosen: Preferences = config?.preferences ?? { language: null, look: null, open_window: false }

  async function choose(part: Partial<Preferences>): Promise<void> {
    try {
      await bridge.apply({ change: 'preferences', preferences: { ...chosen, ...part } })
      await readConfiguration()
      setFailure(null)
    } catch (thrown) {
      setFailure(failureOf(thrown))
    }
  }

  return (
    <section class="page narrow">
      <Title>{say('ui.nav.settings')}</Title>
      <Problem failure={failure} place="main" />
      <Select
        label={say('ui.settings.language')}
        name="language"
        value={chosen.language ?? ''}
        options={[
          ['', say('ui.settings.system')],
          ['en', 'English'],
          ['ja', '日本語'],
        ]}
        onInput={(language) => void choose({ language: language === '' ? null : (language as Language) })}
      />
      <Select
        label={say('ui.settings.look')}
        name="look"
        value={chosen.look ?? ''}
        options={[
          ['', say('ui.settings.system')],
          ['light', say('ui.settings.light')],
          ['dark', say('ui.settings.dark')],
        ]}
        onInput={(look) => void choose({ look: look === '' ? null : (look as Look) })}
      />
      <Starting
        opensWindow={chosen.open_window}
        setOpensWindow={(open_window) => void choose({ open_window })}
        failed={setFailure}
      />
      <article class="card">
        <h2>{say('ui.settings.vault')}</h2>
        <p>{status?.daemon.vault.description ?? '–'}</p>
        <p class="muted small">{say('ui.settings.vault_hint')}</p>
      </article>
      <dl class="details">
        <Detail name={say('ui.settings.file')} value={config?.path ?? '–'} mono />
      </dl>
    </section>
  )
}
