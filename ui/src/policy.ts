// What a pool wants of a password. A pool tells one rule with each refusal, so the rules are those
// that it has told so far; they are shown while the next password is typed.

import type { Failure } from './wire'
import { say } from './words'

export type Rule =
  | { kind: 'longer'; than: number }
  | { kind: 'shorter'; than: number }
  | { kind: 'digit' | 'upper' | 'lower' | 'symbol' | 'edges' }

/** The rule that a refusal of a password of that length tells, where it tells one. */
export function ruleOf(refused: Failure, length: number): Rule | null {
  const words = refused.sentence.toLowerCase()
  if (refused.code !== 'wrong' || !words.includes('password')) return null
  if (/not long enough|too short/.test(words)) return { kind: 'longer', than: length }
  if (/too long/.test(words)) return { kind: 'shorter', than: length }
  if (/numeric|number|digit/.test(words)) return { kind: 'digit' }
  if (/uppercase|upper case/.test(words)) return { kind: 'upper' }
  if (/lowercase|lower case/.test(words)) return { kind: 'lower' }
  if (/symbol|special char/.test(words)) return { kind: 'symbol' }
  if (/regular expression|whitespace/.test(words)) return { kind: 'edges' }
  return null
}

/** The rules with one more; a length that was told before gives way to the tighter one. */
export function withRule(rules: Rule[], rule: Rule): Rule[] {
  const old = rules.find((one) => one.kind === rule.kind)
  if (!old) return [...rules, rule]
  return rules.map((one) => (one === old ? tighter(old, rule) : one))
}

function tighter(old: Rule, rule: Rule): Rule {
  if (old.kind === 'longer' && rule.kind === 'longer') return old.than > rule.than ? old : rule
  if (old.kind === 'shorter' && rule.kind === 'shorter') return old.than < rule.than ? old : rule
  return old
}

export function meets(password: string, rule: Rule): boolean {
  switch (rule.kind) {
    case 'longer':
      return [...password].length > rule.than
    case 'shorter':
      return [...password].length < rule.than
    case 'digit':
      return /[0-9]/.test(password)
    case 'upper':
      return /[A-Z]/.test(password)
    case 'lower':
      return /[a-z]/.test(password)
    case 'symbol':
      // Those that Cognito counts, and a space that does not stand at an end.
      return /[\^$*.[\]{}()?"!@#%&/\\,><':;|_~`=+-]|\S \S/.test(password)
    case 'edges':
      return password !== '' && password === password.trim()
  }
}

export function ruleWords(rule: Rule): string {
  return rule.kind === 'longer' || rule.kind === 'shorter'
    ? say(`ui.rule.${rule.kind}`, { length: String(rule.than) })
    : say(`ui.rule.${rule.kind}`)
}
