// The pages as they are built: small, strict, and all of them part of the program.

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import test from 'node:test'
import { gzipSync } from 'node:zlib'

const files = readdirSync('dist', { recursive: true, withFileTypes: true })
  .filter((file) => file.isFile())
  .map((file) => `${file.parentPath}/${file.name}`)

const addresses = (text: string) => [...text.matchAll(/\b(?:https?|wss?):\/\/[^\s"'`<>)]*/g)].map(([one]) => one)

const examples = ['en', 'ja'].flatMap((language) => addresses(readFileSync(`../crates/core/messages/${language}.json`, 'utf8')))

test('they weigh little', () => {
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0)
  assert.ok(files.length >= 3, files.join())
  assert.ok(bytes <= 150 * 1024, `${bytes} bytes`)
})

test('nothing is inline', () => {
  const page = readFileSync('dist/index.html', 'utf8')
  for (const [tag] of page.matchAll(/<script[^>]*>/g)) assert.match(tag, / src="\.\/assets\//)
  assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|javascript:/i)
})

test('nothing comes from elsewhere', () => {
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    // Names of XML’s dialects and examples in texts, which nobody fetches, and this machine.
    const harmless = ['http://www.w3.org/', 'http://localhost:', ...examples]
    const foreign = addresses(text).filter((one) => !harmless.some((start) => one.startsWith(start)))
    assert.deepEqual(foreign, [], file)
    assert.doesNotMatch(text, /\beval\(|new Function\(|@import\b|url\((?!["']?(?:data:|\.))/, file)
  }
})

test('the policy lets nothing else in', () => {
  const conf = JSON.parse(readFileSync('../src-tauri/tauri.conf.json', 'utf8'))
  const csp: string = conf.app.security.csp
  assert.match(csp, /^default-src 'none';/)
  assert.doesNotMatch(csp, /unsafe|https:|\*/)
  const hosts = [...csp.matchAll(/https?:\/\/[^\s;]+/g)].map(([one]) => one)
  assert.deepEqual(hosts, ['http://ipc.localhost'])
})
