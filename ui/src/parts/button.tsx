import type { ComponentChildren } from 'preact'

/** The button that goes on. While it works it says what it does, and cannot be pressed twice. */
export function Submit(props: { busy: boolean; doing: string; children: ComponentChildren }) {
  return (
    <button class="button primary wide" type="submit" disabled={props.busy}>
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
