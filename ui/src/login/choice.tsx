// Questions that are answered by a choice.

import { useState } from 'preact/hooks'
import { Glyph } from '../parts/glyph'
import { Problem } from '../parts/problem'
import { Ways } from '../parts/ways'
import type { Factor } from '../wire'
import { type Key, say } from '../words'
import { Lead, type Of } from './form'

export function Choice(props: Of<'choice'>) {
  const { choice_of: what, ways, elsewhere } = props.question
  const [picked, pick] = useState<Factor | null>(null)
  return (
    <>
      <Lead title={say(`ui.choice.title.${what}` as Key)} />
      <Problem failure={props.problem} place="login" />
      <Ways>
        {ways.map((way, place) => (
          <li key={way.factor}>
            <button
              class="way"
              type="button"
              aria-disabled={props.busy !== null}
              ref={place === 0 ? focus : undefined}
              onClick={() => {
                if (props.busy !== null) return
                pick(way.factor)
                props.answer({ kind: 'choice', value: way.factor })
              }}
            >
              <Glyph of={way.factor} />
              <span class="words">
                <strong>{factorWords(way.factor)}</strong>
                {way.destination && <span class="muted small">{way.destination}</span>}
                {way.factor === 'passkey' && <span class="muted small">{say('ui.choice.passkey_browser')}</span>}
              </span>
              {props.busy !== null && picked === way.factor ? (
                <span class="spinner" aria-hidden="true" />
              ) : (
                <Glyph of="on" class="glyph quiet" />
              )}
            </button>
          </li>
        ))}
        {(elsewhere ?? []).map((factor) => (
          <li key={factor} class="way not muted">
            <Glyph of={factor} class="glyph quiet" />
            <span class="words">
              <strong>{factorWords(factor)}</strong>
              <span class="small">{say(factor === 'passkey' ? 'ui.choice.passkey_elsewhere' : 'ui.choice.elsewhere')}</span>
            </span>
          </li>
        ))}
      </Ways>
    </>
  )
}

export function RememberDevice(props: Of<'remember_device'>) {
  const answer = (value: boolean) => {
    if (props.busy === null) props.answer({ kind: 'remember_device', value })
  }
  return (
    <>
      <Glyph of="computer" class="picture" />
      <Lead title={say('ui.device.title')}>{say('ui.device.lead', { name: props.question.name })}</Lead>
      <Problem failure={props.problem} place="login" />
      <div class="stack">
        <button class="button primary wide" type="button" aria-disabled={props.busy !== null} ref={focus} onClick={() => answer(true)}>
          {say('ui.device.yes')}
        </button>
        <button class="button wide" type="button" aria-disabled={props.busy !== null} onClick={() => answer(false)}>
          {say('ui.device.no')}
        </button>
      </div>
    </>
  )
}

function factorWords(factor: Factor): string {
  return say(`ui.factor.${factor}`)
}

function focus(element: HTMLElement | null): void {
  if (element && !element.parentElement?.parentElement?.contains(document.activeElement)) element.focus()
}
