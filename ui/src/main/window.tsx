// The main window: what there is, how to use it, and what is wrong.

import { useLayoutEffect, useRef } from 'preact/hooks'
import { Mark } from '../parts/glyph'
import { type Route, hashOf } from '../route'
import { shown, useLive } from '../store'
import { type Key, say } from '../words'
import { Diagnosis } from './diagnosis'
import { EditLogin } from './edit_login'
import { EditProfile } from './edit_profile'
import { Overview } from './overview'
import { ProfilePage } from './profile'
import { Settings } from './settings'

const tabs = ['overview', 'settings', 'diagnosis'] as const

export function MainWindow(props: { route: Route }) {
  const { route } = props
  const news = useLive(shown)
  const heading = useRef<HTMLElement>(null)
  // A new page is read from its top, unless it has a field to begin with.
  useLayoutEffect(() => {
    scrollTo(0, 0)
    if (!heading.current?.contains(document.activeElement)) heading.current?.focus({ preventScroll: true })
  }, [hashOf(route)])
  const tab = tabs.find((one) => one === route.page) ?? 'overview'
  return (
    <div class="window">
      <header class="bar">
        <Mark />
        <strong>Poolkey</strong>
        <nav aria-label={say('ui.nav.label')}>
          {tabs.map((one) => (
            <a key={one} class="tab" href={`#${one}`} aria-current={one === tab ? 'page' : undefined}>
              {say(`ui.nav.${one}` as Key)}
              {one === 'diagnosis' && isWrong(news) && <span class="dot" title={say('ui.nav.wrong')} />}
            </a>
          ))}
        </nav>
      </header>
      <main ref={heading} tabIndex={-1}>
        {page(route)}
      </main>
    </div>
  )
}

function page(route: Route) {
  switch (route.page) {
    case 'profile':
      return <ProfilePage name={route.profile} />
    case 'edit_login':
      return <EditLogin key={route.login} name={route.login} />
    case 'edit_profile':
      return <EditProfile key={route.profile} name={route.profile} login={route.login} />
    case 'settings':
      return <Settings />
    case 'diagnosis':
      return <Diagnosis />
    case 'overview':
    case 'login':
      return <Overview />
  }
}

function isWrong(news: typeof shown.value): boolean {
  const { status, away } = news
  return Boolean(away ?? status?.config ?? status?.daemon.vault.trouble ?? status?.clock_ahead)
}
