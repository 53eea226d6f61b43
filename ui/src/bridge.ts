// The one file that knows Tauri: what the program can be asked, as typed functions. The program's
// side is src-tauri/src/commands.rs.

import { Channel, invoke } from '@tauri-apps/api/core'
import type {
  Answer,
  AtLogin,
  Change,
  Configuration,
  ConsoleOpened,
  Failure,
  Goal,
  InBrowser,
  Outputs,
  ShellName,
  Shown,
  SignOutScope,
  SignedOutHere,
  Starter,
  Turn,
  WhoAmI,
} from './wire'

export const bridge = {
  watch(show: (shown: Shown) => void): Promise<void> {
    const page = new Channel<Shown>()
    page.onmessage = show
    return invoke('watch', { page })
  },
  ready: () => invoke<void>('ready'),
  close: () => invoke<void>('close'),
  openLogin: (login: string | null) => invoke<void>('open_login', { login }),
  openMain: () => invoke<void>('open_main'),

  begin: (login: string, username: string | null, goal: Goal, anotherAccount = false) =>
    invoke<Turn>('begin', { login, username, goal, anotherAccount }),
  openAddress: () => invoke<void>('open_address'),
  copyAddress: () => invoke<void>('copy_address'),
  answer: (answer: Answer) => invoke<Turn>('answer', { answer }),
  signOut: (login: string, scope: SignOutScope, browser: InBrowser) =>
    invoke<SignedOutHere>('sign_out', { login, scope, browser }),
  openConsole: (profile: string) => invoke<ConsoleOpened>('open_console', { profile }),
  revoke: (grant: string) => invoke<void>('revoke', { grant }),
  whoAmI: (profile: string) => invoke<WhoAmI>('who_am_i', { profile }),
  renew: (login: string) => invoke<void>('renew', { login }),
  restartDaemon: () => invoke<void>('restart_daemon'),

  configuration: () => invoke<Configuration>('configuration'),
  check: (change: Change) => invoke<void>('check', { change }),
  apply: (change: Change) => invoke<void>('apply', { change }),
  readOutputs: (text: string) => invoke<Outputs>('read_outputs', { text }),

  autostart: () => invoke<AtLogin>('autostart'),
  setAutostart: (what: Starter, on: boolean) => invoke<void>('set_autostart', { what, on }),

  copyKeys: (profile: string, shell: ShellName) => invoke<void>('copy_keys', { profile, shell }),
  copySetupKey: () => invoke<void>('copy_setup_key'),
  copyText: (text: string) => invoke<void>('copy_text', { text }),
}

/** What a rejected call means: the program rejects with a failure, the bridge itself with words. */
export function failureOf(thrown: unknown): Failure {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'sentence' in thrown) {
    return thrown as Failure
  }
  return { code: 'other', sentence: String(thrown), remedy: '' }
}
