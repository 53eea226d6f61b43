import type { ComponentChildren } from 'preact'

/** What is seldom needed, behind a word; open at once where something stands there. */
export function More(props: { words: string; open?: boolean; children: ComponentChildren }) {
  return (
    <details open={props.open ?? false}>
      <summary>{props.words}</summary>
      <div class="inside">{props.children}</div>
    </details>
  )
}
