// Which window this is, and which page of it.

import { LoginWindow } from './login/window'
import { MainWindow } from './main/window'
import { useRoute } from './route'
import { configuration, useLive } from './store'
import { spoken } from './words'

export function App() {
  const route = useRoute()
  useLive(configuration)
  // A page in another language is another page.
  return route.page === 'login' ? (
    <LoginWindow key={`${spoken()}/${route.login ?? ''}`} login={route.login} />
  ) : (
    <MainWindow key={spoken()} route={route} />
  )
}
