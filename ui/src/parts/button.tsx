import type { ComponentChildren } from 'preact'

/** The button that goes on. While it works it says what it does; it keeps the focus, and its form
 * sends nothing twice. */
export function Submit(props: { busy: boolean; doing: string; slim?: boolean; children: ComponentChildren }) {
  return (
    <button class={`button primary ${props.slim ? '' : 'wide'}`} type="submit" aria-disabled={props.busy}>
      {props.busy ? (
        <>
          <span class="spinner" aria-hidden="true" />
          {props.doing}
        </>
      ) : (
        props.children
      )}
    </button>
  )
}
