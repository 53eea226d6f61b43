import assert from 'node:assert/strict'
import test from 'node:test'
import { told } from '../src/failures'
import { clock, left, span } from '../src/times'
import { say, speak } from '../src/words'
import type { Code, Failure } from '../src/wire'

Object.assign(globalThis, { document: { documentElement: {} } })

const failure = (code: Code, remedy = 'Run: poolkey login acme'): Failure => ({ code, sentence: 'It was no good.', remedy })

test('places are filled in, and only those', () => {
  speak('en')
  assert.equal(say('ui.done.signed_in_as', { login: 'acme', user: '{login}' }), 'acme is ready to use as {login}.')
})

test('times are as long as they matter', () => {
  speak('en')
  const told = [
    [-5, 'under a minute'],
    [59, 'under a minute'],
    [60, '1 min'],
    [7200, '2 h'],
    [7500, '2 h 5 min'],
    [48 * 3600, '2 days'],
    [30 * 86400, '30 days'],
  ] as const
  for (const [seconds, words] of told) assert.equal(span(seconds), words)
  speak('ja')
  assert.equal(span(7500), '2時間5分')
  assert.equal(span(30 * 86400), '30日')
  assert.deepEqual([left(5), left(30), left(75)], ['0:05', '0:30', '1:15'])
})

test('another day is told with its date', () => {
  speak('en')
  const now = Math.floor(Date.now() / 1000)
  assert.match(clock(now), /^\d{1,2}:\d{2}/)
  assert.match(clock(now + 40 * 86400), /^[A-Z][a-z]{2} \d/)
})

test('in the window nobody is sent to a terminal', () => {
  const codes: Code[] = [
    'signed_out', 'needs_sign_in', 'unknown_profile', 'unknown_login', 'config', 'vault_locked', 'vault', 'offline', 'service',
    'misconfigured', 'wrong', 'no_conversation', 'denied', 'protocol', 'busy', 'no_daemon', 'other',
  ]
  for (const language of ['en', 'ja'] as const) {
    speak(language)
    for (const code of codes) {
      for (const place of ['login', 'main', 'form'] as const) {
        const { headline, detail, remedy } = told(failure(code), place)
        assert.ok(headline, code)
        assert.ok([headline, detail].includes('It was no good.'), `${code} tells what the daemon says`)
        assert.ok(!remedy?.includes('poolkey') && remedy !== 'Try again.', code)
      }
    }
  }
})

test('Japanese has a headline of its own, by what was asked', () => {
  speak('ja')
  assert.deepEqual(told(failure('wrong'), 'login', 'code'), {
    headline: 'コードが正しくありません',
    detail: 'It was no good.',
    remedy: null,
  })
  assert.equal(told(failure('wrong'), 'login', 'custom').headline, '入力内容が正しくありません')
  speak('en')
  assert.deepEqual(told(failure('wrong'), 'login', 'code'), { headline: 'It was no good.', detail: null, remedy: null })
})

test('whoever is locked out is told to wait', () => {
  speak('en')
  const told_ = told(failure('wrong', 'Wait up to 15 minutes before the next attempt, or …'), 'login', 'password')
  assert.equal(told_.remedy, 'Wait up to 15 minutes, or choose a new password.')
})
