// A profile's keys in a file, for tools that read nothing else.

import { useState } from 'preact/hooks'
import { bridge, failureOf } from '../bridge'
import { Problem } from '../parts/problem'
import { hashOf } from '../route'
import { readConfiguration } from '../store'
import { clock } from '../times'
import type { Failure, ProfileForm, ProfileView, WrittenView } from '../wire'
import { say } from '../words'

export function Written(props: { profile: ProfileView; form: ProfileForm; file: string; now: number }) {
  const { form, file } = props
  // What the file says of it comes a moment before what the daemon says.
  const written = form.write_profile ? props.profile.written : undefined
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const name = form.write_profile ?? `${form.name}-keys`

  async function keep(write_profile: string | undefined): Promise<void> {
    setBusy(true)
    setFailure(null)
    try {
      const { write_profile: _, ...rest } = form
      const wanted = write_profile === undefined ? rest : { ...rest, write_profile }
      await bridge.apply({ change: 'profile', form: wanted, instead_of: form.name })
      await readConfiguration()
    } catch (thrown) {
      setFailure(failureOf(thrown))
    } finally {
      setBusy(false)
    }
  }

  return (
    <article class="card" aria-labelledby="written">
      <h2 id="written">{say('ui.written.title')}</h2>
      <div role="status" class="told">
        {form.write_profile ? (
          <p>{written ? stateWords(written, file, props.now) : say('ui.written.none', { file, name })}</p>
        ) : (
          <p class="muted">{say('ui.written.off', { file })}</p>
        )}
      </div>
      <Problem failure={failure ?? written?.trouble ?? null} place="main" />
      {form.write_profile && <p class="hint">{say('ui.written.reads', { profile: form.name })}</p>}
      <div class="actions">
        {form.write_profile ? (
          <>
            <button class="button slim" type="button" disabled={busy} onClick={() => void keep(undefined)}>
              {say('ui.written.stop')}
            </button>
            <a class="button slim" href={hashOf({ page: 'edit_profile', profile: form.name, login: null })}>
              {say('ui.written.change')}
            </a>
          </>
        ) : (
          <button class="button slim" type="button" disabled={busy} onClick={() => void keep(name)}>
            {say('ui.written.start', { name })}
          </button>
        )}
      </div>
    </article>
  )
}

/** What stands in the file. */
function stateWords(written: WrittenView, file: string, now: number): string {
  const places = { file, name: written.name }
  if (written.until === undefined) return say('ui.written.none', places)
  if (written.until <= now) return say('ui.written.over', places)
  return say('ui.written.good', { ...places, until: clock(written.until) })
}
