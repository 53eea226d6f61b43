import type { Failure } from '../wire'
import { codeWords, spoken } from '../words'

/** What went wrong, next to what must be changed, and told to screen readers at once. */
export function Problem(props: { failure: Failure | null; id?: string }) {
  const { failure } = props
  return (
    <div role="alert" class="alert" id={props.id}>
      {failure && (
        <div class="problem">
          <div>
            {spoken() === 'en' ? (
              <strong>{failure.sentence}</strong>
            ) : (
              <>
                <strong>{codeWords(failure.code)}</strong>
                <span lang="en">{failure.sentence}</span>
              </>
            )}{' '}
            {failure.remedy && (
              <span class="muted" lang="en">
                {failure.remedy}
              </span>
            )}
          </div>
        </div>
      )}
    </div>
  )
}
