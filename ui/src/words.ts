// What people are told, from the catalogue that the tray speaks from, too.

import en from '../../crates/core/messages/en.json'
import ja from '../../crates/core/messages/ja.json'
import type { Code, Ended, Language } from './wire'

type Catalogue = typeof en
export type Key = keyof Catalogue
type Stem = Key extends infer K ? (K extends `${infer S}.other` ? S : never) : never
type Places = Record<string, string>

// Japanese has one form where English has two.
const catalogues: Record<Language, Partial<Catalogue>> = { en, ja }

let language: Language = 'en'

/** Speaks the language that was chosen, or the system's. */
export function speak(chosen: Language | null): void {
  language = chosen ?? (navigator.language.toLowerCase().startsWith('ja') ? 'ja' : 'en')
  document.documentElement.lang = language
}

export const spoken = (): Language => language

/** The text of a key, with its places filled in. */
export function say(key: Key, places: Places = {}): string {
  return (catalogues[language][key] ?? en[key]).replace(/\{(\w+)\}/g, (whole, name: string) => places[name] ?? whole)
}

/** The text of a key that counts. */
export function count(key: Stem, number: number, places: Places = {}): string {
  const form = language === 'en' && number === 1 ? 'one' : 'other'
  return say(`${key}.${form}` as Key, { ...places, count: String(number) })
}

export const codeWords = (code: Code): string => say(`code.${code}` as Key)
export const endedWords = (ended: Ended): string => say(`ended.${ended}` as Key)
