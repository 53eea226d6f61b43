// Times as people say them.

import { count, say, spoken } from './words'

/** A length of time, as long as it matters: “47 min”, “2 h 5 min”, “3 days”. */
export function span(seconds: number): string {
  const minutes = Math.floor(Math.max(0, seconds) / 60)
  if (minutes < 1) return say('time.moment')
  if (minutes < 60) return say('time.minutes', { minutes: String(minutes) })
  const hours = Math.floor(minutes / 60)
  if (hours < 48) {
    const rest = minutes % 60
    return rest === 0
      ? say('time.hours', { hours: String(hours) })
      : say('time.hours_minutes', { hours: String(hours), minutes: String(rest) })
  }
  return count('time.days', Math.floor(hours / 24))
}

/** A time of day; with its date when it is another day. */
export function clock(seconds: number): string {
  const then = new Date(seconds * 1000)
  const today = new Date().toDateString() === then.toDateString()
  return new Intl.DateTimeFormat(spoken(), {
    ...(today ? {} : { month: 'short', day: 'numeric' }),
    hour: 'numeric',
    minute: '2-digit',
  }).format(then)
}

/** Seconds on a countdown: “0:27”. */
export function left(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
