import type { Factor } from '../wire'

/** Poolkey's mark: a key whose bow is a drop of water. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 48 48" aria-hidden="true">
      <rect width="48" height="48" rx="11" fill="#0a63bd" />
      <path
        d="M18 9c5 6 8 9.600 8 13.600a8 8 0 0 1-16 0C10 18.600 13 15 18 9Zm0 10.600a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z"
        fill="#fff"
        fill-rule="evenodd"
      />
      <path d="M22.500 27.500 37 39m-4.500-3.500 3-3.800m-7.500.3 2.600-3.300" fill="none" stroke="#fff" stroke-width="3.400" stroke-linecap="round" />
    </svg>
  )
}

const paths: Record<Factor | 'back' | 'on' | 'tick' | 'ring' | 'person' | 'browser' | 'computer', string> = {
  password: 'M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5zM12 14.500v2.500',
  email: 'M3 6h18v13H3zM3 7l9 7 9-7',
  sms: 'M4 4h16v12H10l-4 4v-4H4zM8 10h.01M12 10h.01M16 10h.01',
  app: 'M8 2h8v20H8zM11 18.500h2M10.500 7h3M10.500 10h3',
  passkey: 'M9 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM2.500 20c0-4 3-6 6.500-6M17 11a3 3 0 1 0 0-.01M17 14v7l2-1.500-1-1.500 1.200-1.500',
  back: 'M15 5l-7 7 7 7',
  on: 'M9 5l7 7-7 7',
  tick: 'M4 12.500 9.500 18 20 6.500',
  ring: 'M12 19a7 7 0 1 0 0-14 7 7 0 0 0 0 14Z',
  browser: 'M3 5h18v14H3zM3 9h18M6 7h.01M9 7h.01',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.500 20.500c0-4.200 3.300-6.500 7.500-6.500s7.500 2.300 7.500 6.500',
  computer: 'M4 5h16v11H4zM2 20h20M9 16v4M15 16v4',
}

/** A small picture beside words that say the same. */
export function Glyph(props: { of: keyof typeof paths; class?: string }) {
  return (
    <svg class={props.class ?? 'glyph'} viewBox="0 0 24 24" aria-hidden="true">
      <path
        d={paths[props.of]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.800"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}
