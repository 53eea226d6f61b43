// Each question of a conversation as a small page. `ui` decides nothing: it shows what is asked and
// sends back what was typed.

import { Problem } from '../parts/problem'
import type { Answer, Question } from '../wire'
import { say } from '../words'
import { Browser } from './browser'
import { Choice, RememberDevice } from './choice'
import { AppSetup, Code } from './code'
import { Attributes, Custom } from './details'
import type { PageProps } from './form'
import { Identity } from './identity'
import { ClientSecret, NewPassword, Password, Username } from './password'

/** The page of a question. */
export function Page(props: PageProps) {
  const { question } = props
  switch (question.kind) {
    case 'username':
      return <Username {...props} question={question} />
    case 'password':
      return <Password {...props} question={question} />
    case 'client_secret':
      return <ClientSecret {...props} question={question} />
    case 'code':
      return <Code {...props} question={question} />
    case 'choice':
      return <Choice {...props} question={question} />
    case 'app_setup':
      return <AppSetup {...props} question={question} />
    case 'new_password':
      return <NewPassword {...props} question={question} />
    case 'attributes':
      return <Attributes {...props} question={question} />
    case 'custom':
      return <Custom {...props} question={question} />
    case 'remember_device':
      return <RememberDevice {...props} question={question} />
    case 'browser':
      return <Browser {...props} question={question} />
    case 'identity':
      return <Identity {...props} question={question} />
    case 'other':
      return <Problem place="login" failure={{ code: 'other', sentence: say('ui.question.unknown'), remedy: '' }} />
  }
}

/** What is being done, in words. */
export function doing(question: Question, answer: Answer): string {
  if (answer.kind === 'resend') return say('ui.doing.resend')
  switch (question.kind) {
    case 'password':
      return say('ui.doing.password')
    case 'code':
    case 'app_setup':
      return say('ui.doing.code')
    case 'new_password':
      return say('ui.doing.new_password')
    case 'browser':
      return say('ui.doing.address')
    case 'identity':
      return say('ui.doing.identity')
    default:
      return say('ui.doing.other')
  }
}
