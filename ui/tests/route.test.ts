import assert from 'node:assert/strict'
import test from 'node:test'
import { type Route, hashOf, routeOf } from '../src/route'

test('every page survives the address', () => {
  const name = 'a/b %@#é日本'
  const routes: Route[] = [
    { page: 'overview' },
    { page: 'login', login: null },
    { page: 'login', login: name },
    { page: 'profile', profile: name },
    { page: 'edit_login', login: null },
    { page: 'edit_login', login: name },
    { page: 'edit_profile', profile: null, login: null },
    { page: 'edit_profile', profile: null, login: name },
    { page: 'edit_profile', profile: name, login: null },
    { page: 'settings' },
    { page: 'diagnosis' },
  ]
  for (const route of routes) assert.deepEqual(routeOf(hashOf(route)), route)
})

test('what the program writes is read', () => {
  // src-tauri/src/route.rs encodes by itself.
  assert.deepEqual(routeOf('#login/acme%2Fdev%40x%25'), { page: 'login', login: 'acme/dev@x%' })
  assert.deepEqual(routeOf('#/settings'), { page: 'settings' })
})

test('an address that means nothing is the overview', () => {
  for (const hash of ['', '#', '#nowhere', '#profile']) assert.deepEqual(routeOf(hash), { page: 'overview' })
})
