import { go } from '../route'
import { bridge } from '../bridge'
import { shown, useLive } from '../store'
import { StatePill } from '../parts/state'
import { say } from '../words'

/** Which login it is. */
export function Chooser(props: { logins: string[] }) {
  const news = useLive(shown)
  if (props.logins.length === 0) {
    return (
      <>
        <div class="lead">
          <h1>{say('ui.choose.none')}</h1>
          <p class="muted">{say('ui.choose.none_hint')}</p>
        </div>
        <button class="button primary wide" type="button" onClick={() => void bridge.openMain()}>
          {say('action.open')}
        </button>
      </>
    )
  }
  return (
    <>
      <h1>{say('ui.choose.title')}</h1>
      <ul class="ways">
        {props.logins.map((name) => {
          const view = news.status?.logins.find((one) => one.name === name)
          return (
            <li key={name}>
              <button class="way" type="button" onClick={() => go({ page: 'login', login: name })}>
                <span class="words">
                  <strong>{name}</strong>
                  <span class="muted small">{view?.user?.email ?? view?.user?.username ?? view?.user_pool_id}</span>
                </span>
                {view && <StatePill login={view} />}
              </button>
            </li>
          )
        })}
      </ul>
    </>
  )
}
