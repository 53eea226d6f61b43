// What the pages show: the newest of what the daemon told. Views are functions of it.

import { useEffect, useState } from 'preact/hooks'
import { bridge, failureOf } from './bridge'
import type { Configuration, Failure, Shown } from './wire'

/** A value that views follow. */
export class Live<T> {
  private readonly followers = new Set<() => void>()

  constructor(private current: T) {}

  get value(): T {
    return this.current
  }

  set value(next: T) {
    this.current = next
    for (const follower of this.followers) follower()
  }

  follow(follower: () => void): () => void {
    this.followers.add(follower)
    return () => this.followers.delete(follower)
  }
}

/** The value, and a new painting whenever it moves. */
export function useLive<T>(live: Live<T>): T {
  const [, paint] = useState(0)
  const painted = live.value
  useEffect(() => {
    const again = () => paint((n) => n + 1)
    // It may have moved between the painting and this.
    if (live.value !== painted) again()
    return live.follow(again)
  }, [live])
  return painted
}

export const shown = new Live<Shown>({ status: null, away: null })
export const configuration = new Live<Configuration | null>(null)
export const configurationFailure = new Live<Failure | null>(null)

/** Reads `profiles.toml` anew. */
export async function readConfiguration(): Promise<void> {
  try {
    configuration.value = await bridge.configuration()
    configurationFailure.value = null
  } catch (thrown) {
    configurationFailure.value = failureOf(thrown)
  }
}

/** The time in seconds since 1970, painted anew each half minute while a view shows it. */
export function useNow(): number {
  const [now, tick] = useState(() => Math.floor(Date.now() / 1000))
  useEffect(() => {
    const timer = setInterval(() => tick(Math.floor(Date.now() / 1000)), 30_000)
    return () => clearInterval(timer)
  }, [])
  return now
}
