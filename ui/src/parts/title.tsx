import { useLayoutEffect } from 'preact/hooks'

/** The page's heading, which is the document's title, too. */
export function Title(props: { children: string; unseen?: boolean }) {
  useLayoutEffect(() => {
    document.title = `${props.children} – Poolkey`
  }, [props.children])
  return (
    <h1 id="title" class={props.unseen ? 'unseen' : undefined}>
      {props.children}
    </h1>
  )
}
