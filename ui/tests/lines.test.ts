// Lists as text.

import assert from 'node:assert/strict'
import test from 'node:test'
import { linesOf, pairOf } from '../src/parts/lines'

test('empty lines and spaces are nothing', () => {
  assert.deepEqual(linesOf(' a \n\n\tb\n'), ['a', 'b'])
  assert.deepEqual(linesOf(''), [])
})

test('a pair ends its name at the first sign', () => {
  assert.deepEqual(pairOf('resource = urn:a=b '), ['resource', 'urn:a=b'])
  assert.deepEqual(pairOf('prompt='), ['prompt', ''])
  assert.deepEqual(pairOf('prompt'), ['prompt', ''])
})
