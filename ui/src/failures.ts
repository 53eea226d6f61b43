// A failure as the windows tell it. The sentence is the daemon's; what to do about it is not what a
// terminal is told, which speaks of commands.

import type { Code, Failure, Question } from './wire'
import { type Key, codeWords, say, spoken } from './words'

/** Where it is told: there is something else to be done about it. */
export type Place = 'login' | 'main' | 'form' | 'diagnosis'

export type Told = {
  headline: string
  /** The daemon's own words, where the headline is not. */
  detail: string | null
  remedy: string | null
}

/** What is told of a failure; `asked` is the question whose answer was refused. */
export function told(failure: Failure, place: Place, asked?: Question['kind']): Told {
  const key = remedyKey(failure, place)
  const remedy = key && say(key)
  if (spoken() === 'en' && speaksForItself.includes(failure.code)) {
    return { headline: failure.sentence, detail: null, remedy }
  }
  return { headline: headline(failure.code, place, asked), detail: failure.sentence, remedy }
}

function headline(code: Code, place: Place, asked?: Question['kind']): string {
  const refused = code === 'wrong' && asked ? refusals[asked] : undefined
  if (refused) return say(refused)
  return place === 'form' && code === 'config' ? say('ui.form.refused') : codeWords(code)
}

function remedyKey(failure: Failure, place: Place): Key | null {
  // Too many wrong ones: the only refusal that time mends.
  if (failure.code === 'wrong') return failure.remedy.startsWith('Wait') ? 'ui.remedy.locked_out' : null
  if (place === 'form' && failure.code === 'config') return null
  // There the button that restarts it stands below.
  if (place === 'diagnosis' && failure.code === 'no_daemon') return null
  if ((place === 'main' || place === 'diagnosis') && goesOn.includes(failure.code)) return 'ui.remedy.goes_on'
  return remedies[failure.code]
}

/** Codes whose sentence is about what the person just did. */
const speaksForItself: Code[] = ['wrong', 'no_conversation', 'other', 'signed_out', 'needs_sign_in', 'unknown_login', 'unknown_profile']

const goesOn: Code[] = ['offline', 'service']

const refusals: Partial<Record<Question['kind'], Key>> = {
  username: 'ui.refused.username',
  password: 'ui.refused.password',
  code: 'ui.refused.code',
  app_setup: 'ui.refused.code',
  new_password: 'ui.refused.new_password',
  browser: 'ui.refused.address',
}

const remedies: Record<Code, Key | null> = {
  signed_out: null,
  needs_sign_in: null,
  unknown_profile: null,
  unknown_login: null,
  config: 'ui.remedy.file',
  file: null,
  vault_locked: 'ui.remedy.unlock',
  vault: 'ui.remedy.vault',
  offline: 'ui.remedy.network',
  service: 'ui.remedy.wait',
  misconfigured: 'ui.remedy.ids',
  wrong: null,
  no_conversation: null,
  denied: 'ui.remedy.user',
  protocol: 'ui.remedy.versions',
  busy: 'ui.remedy.wait',
  no_daemon: 'ui.remedy.daemon',
  other: null,
}
