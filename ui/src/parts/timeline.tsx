import type { ProfileView } from '../wire'

/** The life that is left of a profile's keys, out of an hour, and where they are renewed. The words
 * beside it say the same. */
export function Timeline(props: { profile: ProfileView; now: number }) {
  const { keys_expire: end, renews } = props.profile
  const left = end ? Math.max(0, end - props.now) : 0
  const whole = Math.max(3600, left)
  const place = (seconds: number) => `${(100 * Math.min(1, Math.max(0, seconds / whole))).toFixed(2)}`
  const tone = left === 0 ? 'none' : left < 600 ? 'short' : 'good'
  return (
    <svg class={`timeline ${tone}`} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      <rect class="all" width="100" height="6" rx="1" />
      <rect class="left" width={place(left)} height="6" rx="1" />
      {renews && left > 0 && renews > props.now && (
        <rect class="renews" x={place(renews - props.now)} width="0.800" height="6" />
      )}
    </svg>
  )
}
