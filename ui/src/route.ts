// Which page the window shows: the part of its address behind `#`.

import { useLayoutEffect, useState } from 'preact/hooks'

export type Route =
  | { page: 'overview' }
  | { page: 'login'; login: string | null }
  | { page: 'profile'; profile: string }
  | { page: 'edit_login'; login: string | null }
  | { page: 'edit_profile'; profile: string | null; login: string | null }
  | { page: 'settings' }
  | { page: 'diagnosis' }

export function routeOf(hash: string): Route {
  const [page = '', ...rest] = hash.replace(/^#\/?/, '').split('/')
  const name = rest[0] === undefined ? null : decodeURIComponent(rest[0])
  const second = rest[1] === undefined ? null : decodeURIComponent(rest[1])
  switch (page) {
    case 'login':
      return { page, login: name }
    case 'profile':
      return name === null ? { page: 'overview' } : { page, profile: name }
    case 'edit_login':
      return { page, login: name }
    case 'edit_profile':
      return { page, profile: name === '' ? null : name, login: second }
    case 'settings':
    case 'diagnosis':
      return { page }
    default:
      return { page: 'overview' }
  }
}

export function hashOf(route: Route): string {
  const word = encodeURIComponent
  switch (route.page) {
    case 'login':
    case 'edit_login':
      return route.login === null ? `#${route.page}` : `#${route.page}/${word(route.login)}`
    case 'profile':
      return `#profile/${word(route.profile)}`
    case 'edit_profile':
      return `#edit_profile/${word(route.profile ?? '')}${route.login === null ? '' : `/${word(route.login)}`}`
    case 'overview':
    case 'settings':
    case 'diagnosis':
      return `#${route.page}`
  }
}

export function go(route: Route): void {
  location.hash = hashOf(route)
}

export function useRoute(): Route {
  const [route, move] = useState(() => routeOf(location.hash))
  useLayoutEffect(() => {
    const follow = () => move(routeOf(location.hash))
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return route
}
