// Codes that are sent, and codes of an authenticator app.

import { useEffect, useRef, useState } from 'preact/hooks'
import { encode } from 'uqr'
import { bridge } from '../bridge'
import { CodeField, Field } from '../parts/field'
import { left } from '../times'
import type { Question } from '../wire'
import { type Key, say } from '../words'
import { Form, type Of, refused, text } from './form'

export function Code(props: Of<'code'>) {
  const { code_for: use, medium, can_resend: canResend } = props.question
  const form = useRef<HTMLFormElement>(null)
  const title = typeof use === 'string' ? say(`ui.code.title.${use}` as Key) : say('ui.code.title.verify')
  return (
    <Form
      {...props}
      form={form}
      title={title}
      lead={whence(props.question)}
      take={(given) => ({ kind: 'code', value: text(given, 'code') })}
      below={canResend && <Resend busy={props.busy !== null} resend={() => {
        form.current?.querySelector('input')?.focus()
        props.answer({ kind: 'resend' })
      }} />}
    >
      <CodeField
        label={say('ui.code.label')}
        name="code"
        autofocus
        busy={props.busy !== null}
        settles={medium !== 'app'}
        refused={refused(props)}
        onWhole={() => form.current?.requestSubmit()}
      />
    </Form>
  )
}

/** How the code comes, in words. */
function whence({ medium, destination }: Extract<Question, { kind: 'code' }>): string {
  if (medium === 'app') return destination ? say('ui.code.app_named', { app: destination }) : say('ui.code.app')
  if (!destination) return say('ui.code.unknown')
  return say(medium === 'sms' ? 'ui.code.sms' : medium === 'email' ? 'ui.code.email' : 'ui.code.sent', { to: destination })
}

/** Sends another code: at once the first time, then not before a while has passed. */
function Resend(props: { busy: boolean; resend: () => void }) {
  const [sent, send] = useState<number | null>(null)
  const [now, tick] = useState(0)
  const wait = sent === null ? 0 : Math.ceil((sent + PAUSE - Math.max(now, sent)) / 1000)
  useEffect(() => {
    if (wait <= 0) return
    const timer = setInterval(() => tick(Date.now()), 250)
    return () => clearInterval(timer)
  }, [wait > 0])
  return (
    <div class="resend">
      <p class="muted small" role="status">
        {sent !== null && !props.busy && say('ui.code.resent')}
      </p>
      {wait > 0 ? (
        <p class="muted small" role="timer">
          {say('ui.code.resend_in', { left: left(wait) })}
        </p>
      ) : (
        <button
          class="link"
          type="button"
          aria-disabled={props.busy}
          onClick={() => {
            if (props.busy) return
            send(Date.now())
            props.resend()
          }}
        >
          {say('ui.code.resend')}
        </button>
      )}
    </div>
  )
}

const PAUSE = 30_000

export function AppSetup(props: Of<'app_setup'>) {
  const { key, uri } = props.question
  const form = useRef<HTMLFormElement>(null)
  const [copied, setCopied] = useState(false)
  return (
    <Form
      {...props}
      form={form}
      title={say('ui.setup.title')}
      lead={say('ui.setup.lead')}
      take={(given) => ({
        kind: 'app_setup',
        value: { code: text(given, 'code'), device_name: text(given, 'device').trim() || null },
      })}
    >
      <div class="qr">
        <Qr text={uri} label={say('ui.setup.qr')} />
        <div class="key">
          <p class="muted small">{say('ui.setup.by_hand')}</p>
          <p class="mono">{key.replace(/(.{4})/g, '$1 ').trim()}</p>
          <button class="button slim" type="button" onClick={() => void bridge.copySetupKey().then(() => setCopied(true))}>
            {say(copied ? 'ui.copied' : 'ui.copy')}
          </button>
        </div>
      </div>
      <Field label={say('ui.setup.device')} name="device" maxLength={60} />
      <CodeField
        label={say('ui.setup.code')}
        name="code"
        autofocus
        busy={props.busy !== null}
        settles={false}
        refused={refused(props)}
        onWhole={() => form.current?.requestSubmit()}
      />
    </Form>
  )
}

/** A QR code as a picture: dark on light in both looks, with the quiet zone that readers need. */
function Qr(props: { text: string; label: string }) {
  const code = encode(props.text, { ecc: 'M', border: 2 })
  let path = ''
  code.data.forEach((row, y) =>
    row.forEach((dark, x) => {
      if (dark) path += `M${x} ${y}h1v1h-1z`
    }),
  )
  return (
    <svg viewBox={`0 0 ${code.size} ${code.size}`} role="img" aria-label={props.label} shape-rendering="crispEdges">
      <path d={path} />
    </svg>
  )
}
