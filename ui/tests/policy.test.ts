import assert from 'node:assert/strict'
import test from 'node:test'
import { type Rule, meets, ruleOf, ruleWords, withRule } from '../src/policy'
import type { Failure } from '../src/wire'

const refusal = (words: string): Failure => ({
  code: 'wrong',
  sentence: `The password does not meet the user pool's policy: ${words}.`,
  remedy: 'Try again.',
})

test('each of Cognito’s refusals tells a rule', () => {
  const told: [string, Rule][] = [
    ['Password not long enough', { kind: 'longer', than: 4 }],
    ['Password too long', { kind: 'shorter', than: 4 }],
    ['Password must have numeric characters', { kind: 'digit' }],
    ['Password must have uppercase characters', { kind: 'upper' }],
    ['Password must have lowercase characters', { kind: 'lower' }],
    ['Password must have symbol characters', { kind: 'symbol' }],
  ]
  for (const [words, rule] of told) assert.deepEqual(ruleOf(refusal(words), 4), rule)
  const edges = '1 validation error detected: Value at \'password\' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[\\S]+.*[\\S]+$.'
  assert.deepEqual(ruleOf({ code: 'wrong', sentence: edges, remedy: '' }, 9), { kind: 'edges' })
})

test('other refusals tell none', () => {
  assert.equal(ruleOf(refusal('Password has previously been used and is not allowed'), 9), null)
  assert.equal(ruleOf({ code: 'wrong', sentence: 'Invalid phone number format.', remedy: '' }, 9), null)
  assert.equal(ruleOf({ ...refusal('Password not long enough'), code: 'offline' }, 9), null)
})

test('rules add up, and the tighter length holds', () => {
  let rules: Rule[] = []
  for (const than of [4, 7, 6]) rules = withRule(rules, { kind: 'longer', than })
  rules = withRule(rules, { kind: 'upper' })
  rules = withRule(rules, { kind: 'upper' })
  assert.deepEqual(rules, [{ kind: 'longer', than: 7 }, { kind: 'upper' }])
  assert.deepEqual(withRule([{ kind: 'shorter', than: 300 }], { kind: 'shorter', than: 257 }), [{ kind: 'shorter', than: 257 }])
})

test('a password meets a rule or not', () => {
  const cases: [string, Rule, boolean][] = [
    ['12345', { kind: 'longer', than: 4 }, true],
    ['1234', { kind: 'longer', than: 4 }, false],
    ['🔑🔑', { kind: 'longer', than: 2 }, false],
    ['123', { kind: 'shorter', than: 4 }, true],
    ['a1', { kind: 'digit' }, true],
    ['a', { kind: 'digit' }, false],
    ['aB', { kind: 'upper' }, true],
    ['a', { kind: 'upper' }, false],
    ['Ab', { kind: 'lower' }, true],
    ['A', { kind: 'lower' }, false],
    ['aé', { kind: 'symbol' }, false],
    ['a b', { kind: 'symbol' }, true],
    ['a ', { kind: 'symbol' }, false],
    [' a', { kind: 'edges' }, false],
    ['a b', { kind: 'edges' }, true],
  ]
  for (const [password, rule, met] of cases) assert.equal(meets(password, rule), met, `${password} ${rule.kind}`)
  for (const sign of '^$*.[]{}()?"!@#%&/\\,><\':;|_~`=+-') assert.ok(meets(sign, { kind: 'symbol' }), sign)
})

test('a rule has words', () => {
  assert.equal(ruleWords({ kind: 'longer', than: 7 }), 'Longer than 7 characters')
  assert.equal(ruleWords({ kind: 'digit' }), 'A digit')
})
