import type { Code, Failure, Question } from '../wire'
import { type Place, told } from '../failures'

/** What went wrong, told to screen readers at once. */
export function Problem(props: { failure: Failure | null; place: Place }) {
  const { failure } = props
  return (
    <div role="alert" class="alert">
      {failure && (
        <div class={passing.includes(failure.code) ? 'problem wait' : 'problem'}>
          <Words failure={failure} place={props.place} />
        </div>
      )}
    </div>
  )
}

const passing: Code[] = ['offline', 'service', 'busy', 'vault_locked']

/** The same of one field, below it. */
export function FieldProblem(props: { failure: Failure; id: string; place: Place; asked?: Question['kind'] }) {
  return (
    <div role="alert" class="problem slim" id={props.id}>
      <Words {...props} />
    </div>
  )
}

function Words(props: { failure: Failure; place: Place; asked?: Question['kind'] }) {
  const { headline, detail, remedy } = told(props.failure, props.place, props.asked)
  return (
    <div class="words">
      <strong>{headline}</strong>
      {remedy && <span>{remedy}</span>}
      {detail && (
        <span class="muted small" lang="en">
          {detail}
        </span>
      )}
    </div>
  )
}
