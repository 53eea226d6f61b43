// What was typed into a form and not saved: it is kept while the window lives, so that leaving the
// page by Escape, a link or another language loses nothing.

import { useState } from 'preact/hooks'

const drafts = new Map<string, unknown>()

export type Draft<T> = {
  form: T
  put: (part: Partial<T>) => void
  /** What was typed before is shown again. */
  isKept: boolean
  isEdited: boolean
  /** Begins anew from what is saved. */
  drop: () => void
}

/** A form that is kept under this name, or begins as `saved`. */
export function useDraft<T extends object>(name: string, saved: T): Draft<T> {
  const [isKept, keep] = useState(() => drafts.has(name))
  const [form, set] = useState<T>(() => (drafts.get(name) as T | undefined) ?? saved)
  return {
    form,
    isKept,
    isEdited: drafts.has(name),
    put: (part) => {
      const next = { ...form, ...part }
      drafts.set(name, next)
      set(next)
    },
    drop: () => {
      drafts.delete(name)
      keep(false)
      set(saved)
    },
  }
}
