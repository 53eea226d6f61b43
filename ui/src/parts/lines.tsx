import { useId, useState } from 'preact/hooks'
import { FieldProblem } from './problem'
import type { Refused } from './field'

type Props = {
  label: string
  name: string
  hint?: string
  rows?: number
  refused?: Refused
}

/** Any number of words, one on each line. */
export function Lines(props: Props & { value: string[]; onInput: (value: string[]) => void }) {
  return <Typed {...props} read={linesOf} write={(words) => words.join('\n')} />
}

/** Any number of words by name, `name=word` on each line. */
export function Pairs(props: Props & { value: [string, string][]; onInput: (value: [string, string][]) => void }) {
  return (
    <Typed
      {...props}
      read={(text) => linesOf(text).map(pairOf)}
      write={(pairs) => pairs.map((pair) => pair.join('=')).join('\n')}
    />
  )
}

/** Text that means something else. It stays as it was typed for as long as it means what is there. */
function Typed<T>(
  props: Props & { value: T; onInput: (value: T) => void; read: (text: string) => T; write: (value: T) => string },
) {
  const { value, onInput, read, write, ...rest } = props
  const [typed, type] = useState(write(value))
  const isSame = JSON.stringify(read(typed)) === JSON.stringify(value)
  return (
    <Area
      {...rest}
      value={isSame ? typed : write(value)}
      onInput={(text) => {
        type(text)
        onInput(read(text))
      }}
    />
  )
}

/** Text of any length. */
export function Area(props: Props & { value: string; onInput: (value: string) => void }) {
  const id = useId()
  const { hint, refused } = props
  const problem = refused ? `${id}-problem` : ''
  const words = [problem, hint ? `${id}-hint` : ''].filter(Boolean).join(' ')
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <div class="box">
        <textarea
          id={id}
          name={props.name}
          class="input mono"
          rows={Math.max(props.rows ?? 2, props.value.split('\n').length)}
          value={props.value}
          maxLength={16384}
          spellcheck={false}
          autocapitalize="off"
          {...(words ? { 'aria-describedby': words } : {})}
          {...(refused ? { 'aria-invalid': 'true' as const, 'aria-errormessage': problem } : {})}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      </div>
      {refused && <FieldProblem {...refused} id={problem} />}
      {hint && (
        <div class="hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
    </div>
  )
}

/** What is on the lines of a text, without what is empty. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

/** What stands before and behind the first `=`. */
export function pairOf(line: string): [string, string] {
  const at = line.indexOf('=')
  return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
}
