import type { ComponentChildren } from 'preact'

/** A list of buttons; the arrow keys go up and down in it. */
export function Ways(props: { children: ComponentChildren }) {
  return (
    <ul
      class="ways"
      onKeyDown={(event) => {
        const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
        if (step === 0) return
        const buttons = [...event.currentTarget.querySelectorAll('button')]
        const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
        event.preventDefault()
        buttons[(at + step + buttons.length) % buttons.length]?.focus()
      }}
    >
      {props.children}
    </ul>
  )
}
