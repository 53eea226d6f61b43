import type { ComponentChildren } from 'preact'

/** What is seldom needed, behind a word. */
export function More(props: { words: string; children: ComponentChildren }) {
  return (
    <details>
      <summary>{props.words}</summary>
      <div class="inside">{props.children}</div>
    </details>
  )
}
