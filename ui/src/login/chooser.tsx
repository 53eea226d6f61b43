import { bridge } from '../bridge'
import { Glyph } from '../parts/glyph'
import { StatePill } from '../parts/state'
import { Ways } from '../parts/ways'
import { go } from '../route'
import { shown, useLive } from '../store'
import { say } from '../words'
import { Lead } from './form'

/** Which login it is. */
export function Chooser(props: { logins: string[] }) {
  const news = useLive(shown)
  if (props.logins.length === 0) {
    return (
      <>
        <Glyph of="person" class="picture" />
        <Lead title={say('ui.choose.none')}>{say('ui.choose.none_hint')}</Lead>
        <button class="button primary wide" type="button" ref={focus} onClick={() => void bridge.openMain()}>
          {say('action.open')}
        </button>
      </>
    )
  }
  return (
    <>
      <Lead title={say('ui.choose.title')} />
      <Ways>
        {props.logins.map((name, place) => {
          const view = news.status?.logins.find((one) => one.name === name)
          return (
            <li key={name}>
              <button class="way" type="button" ref={place === 0 ? focus : undefined} onClick={() => go({ page: 'login', login: name })}>
                <span class="words">
                  <strong>{name}</strong>
                  <span class="muted small">{view?.user?.email ?? view?.user?.username ?? view?.provider}</span>
                </span>
                {view && <StatePill login={view} />}
              </button>
            </li>
          )
        })}
      </Ways>
    </>
  )
}

function focus(element: HTMLElement | null): void {
  if (element && document.activeElement === document.body) element.focus()
}
