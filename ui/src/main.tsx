// Begins: language and look first, then the page, then the daemon's news.

import { render } from 'preact'
import { App } from './app'
import { bridge } from './bridge'
import { configuration, readConfiguration, shown } from './store'
import type { Shown } from './wire'
import { speak } from './words'
import './styles/base.css'
import './styles/parts.css'
import './styles/login.css'
import './styles/main.css'

await readConfiguration()
dress()
configuration.follow(dress)
render(<App />, document.getElementById('app') as HTMLElement)
// The window is hidden until the page is there, and a hidden page has no frames to wait for.
setTimeout(() => void bridge.ready())
await bridge.watch((news) => {
  shown.value = news
  if (isAnother(news)) void readConfiguration()
})

/** Whether the daemon has read another `profiles.toml` than the page has. */
function isAnother({ status }: Shown): boolean {
  const known = configuration.value
  if (!status || !known) return false
  const words = (all: string[]) => all.sort().join()
  const logins = (all: { name: string }[]) => words(all.map((one) => one.name))
  const told = words(status.profiles.map((one) => `${one.name} ${one.written?.name ?? ''}`))
  const read = words(known.profiles.map((one) => `${one.name} ${one.write_profile ?? ''}`))
  return logins(status.logins) !== logins(known.logins) || told !== read
}

function dress(): void {
  const chosen = configuration.value?.preferences
  speak(chosen?.language ?? null)
  document.documentElement.dataset['look'] = chosen?.look ?? 'system'
}
