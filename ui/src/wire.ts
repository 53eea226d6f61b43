// What goes between the program and its pages. Written by a test: see src-tauri/src/wire.rs.

export type Account = { 
/**
 * The user name.
 */
username: string, 
/**
 * The attributes by name, `sub` among them.
 */
attributes: { [key in string]: string }, 
/**
 * The second factors that are on.
 */
factors: Array<Factor>, 
/**
 * The one that is asked for first.
 */
preferred?: Factor, };

export type Answer = { "kind": "username", "value": string } | { "kind": "password", "value": Secret } | { "kind": "client_secret", "value": Secret } | { "kind": "code", "value": Secret } | { "kind": "resend" } | { "kind": "choice", "value": Factor } | { "kind": "app_setup", "value": { 
/**
 * What the app shows.
 */
code: Secret, 
/**
 * What the person calls the app's device.
 */
device_name: string | null, } } | { "kind": "new_password", "value": { 
/**
 * The new password.
 */
password: Secret, 
/**
 * The attributes that were asked for.
 */
attributes: { [key in string]: string }, } } | { "kind": "attributes", "value": { [key in string]: string } } | { "kind": "custom", "value": Secret } | { "kind": "remember_device", "value": boolean } | { "kind": "wait" } | { "kind": "address", "value": Secret } | { "kind": "identity", "value": boolean };

export type AtLogin = { icon: boolean | null, daemon: boolean | null, };

export type Change = { "change": "login", form: LoginForm, instead_of: string | null, } | { "change": "profile", form: ProfileForm, instead_of: string | null, } | { "change": "remove_login", name: string, } | { "change": "remove_profile", name: string, } | { "change": "preferences", preferences: Preferences, };

export type ChoiceOf = "first_factor" | "second_factor" | "set_up";

export type Code = "signed_out" | "needs_sign_in" | "unknown_profile" | "unknown_login" | "config" | "file" | "vault_locked" | "vault" | "offline" | "service" | "misconfigured" | "wrong" | "no_conversation" | "denied" | "protocol" | "busy" | "no_daemon" | "other";

export type CodeFor = "sign_in" | "confirm" | "reset" | { "verify": string };

export type Configuration = { 
/**
 * Where it lies.
 */
path: string, 
/**
 * The file of AWS's tools that keys may be kept in, as people call it.
 */
credentials_file: string, preferences: Preferences, logins: Array<LoginForm>, profiles: Array<ProfileForm>, };

export type ConsoleOpened = { 
/**
 * When the session in the console ends.
 */
session_ends: UnixTime, };

export type DaemonView = { 
/**
 * Its version.
 */
version: string, 
/**
 * Its process id.
 */
pid: number, 
/**
 * Since when it runs.
 */
started: UnixTime, 
/**
 * Where it listens.
 */
socket: string, 
/**
 * The configuration that it reads.
 */
config: string, 
/**
 * Where it keeps refresh tokens.
 */
vault: VaultView, 
/**
 * Its container credentials endpoint, while it is lent to anybody.
 */
endpoint?: EndpointView, 
/**
 * What of the network's configuration cannot be used, so that nothing is sent.
 */
network_trouble?: Failure, };

export type Ended = "expired" | "revoked" | "reused" | "refused" | "user_gone" | "user_disabled" | "password_reset" | "unconfirmed" | "moved" | "no_refresh_token" | "user_changed";

export type EndpointView = { 
/**
 * Where it listens, or would if it could: `http://127.0.0.1:PORT`.
 */
url: string, 
/**
 * Its grants, by age.
 */
grants: Array<GrantView>, 
/**
 * What stands in the way of some of them.
 */
trouble?: Failure, };

export type Factor = "password" | "email" | "sms" | "app" | "passkey";

export type FactorState = "preferred" | "on" | "off";

export type Failure = { 
/**
 * What a program decides by.
 */
code: Code, 
/**
 * What happened, in one sentence.
 */
sentence: string, 
/**
 * What to do about it, in one sentence.
 */
remedy: string, };

export type Flow = "USER_SRP_AUTH" | "USER_PASSWORD_AUTH" | "ADMIN_USER_PASSWORD_AUTH" | "USER_AUTH" | "CUSTOM_AUTH" | "CUSTOM_AUTH_SRP" | "BROWSER";

export type Goal = { "kind": "sign_in" } | { "kind": "sign_up", 
/**
 * What the person gave beforehand.
 */
attributes: { [key in string]: string }, } | { "kind": "confirm" } | { "kind": "confirm_as_admin" } | { "kind": "resend_code" } | { "kind": "forgot_password" } | { "kind": "reset_password" } | { "kind": "change_password" } | { "kind": "show" } | { "kind": "set_up_app" } | { "kind": "set_factor", 
/**
 * The factor.
 */
factor: Factor, 
/**
 * What becomes of it.
 */
state: FactorState, } | { "kind": "list_devices" } | { "kind": "forget_device", 
/**
 * `None` for this machine's own.
 */
key: string | null, } | { "kind": "verify_attribute", 
/**
 * `email` or `phone_number`.
 */
name: string, };

export type GrantView = { 
/**
 * What it is revoked by: its name, or a number that the daemon gave it.
 */
id: string, 
/**
 * The profile.
 */
profile: ProfileName, 
/**
 * Whether it was given a name, and so outlives who asked for it.
 */
named: boolean, 
/**
 * The process that it ends with, where it has no name.
 */
pid?: number, 
/**
 * Since when.
 */
since: UnixTime, 
/**
 * Until when, where it was given an end.
 */
until?: UnixTime, 
/**
 * When keys were last fetched with it.
 */
used?: UnixTime, };

export type Happened = { "kind": "signed_in" } | { "kind": "signed_out" } | { "kind": "ended", 
/**
 * Why.
 */
reason: Ended, } | { "kind": "back", 
/**
 * What it was.
 */
code: Code, 
/**
 * How long it lasted, in seconds.
 */
secs: number, } | { "kind": "taken" } | { "kind": "other" };

export type InBrowser = "stay" | "sign_out";

export type KnownDevice = { 
/**
 * Its key.
 */
key: string, 
/**
 * What it is called.
 */
name?: string, 
/**
 * Where it signed in from last.
 */
last_address?: string, 
/**
 * When it signed in last.
 */
last_used?: UnixTime, 
/**
 * Whether it stands in for a second factor, where the pool tells.
 */
remembered?: boolean, 
/**
 * Whether it is this machine.
 */
is_this: boolean, };

export type Language = "en" | "ja";

export type LoginForm = { name: string, kind: LoginFormKind, user_pool_id?: string, client_id?: string, username?: string, flow?: Flow, preferred_challenge?: Preference, session_life?: string, admin_profile?: string, endpoint?: string, fips: boolean, dual_stack: boolean, domain?: string, redirect_uris: Array<string>, scopes: Array<string>, parameters: Array<[string, string]>, identity_provider?: string, idp_identifier?: string, logout_uri?: string, issuer?: string, token_command: Array<string>, };

export type LoginFormKind = "user_pool" | "oidc" | "command";

export type LoginKind = "user_pool" | "oidc" | "command";

export type LoginName = string;

export type LoginState = "unread" | "signed_out" | "signing_in" | "signed_in" | "needs_sign_in";

export type LoginView = { 
/**
 * Its name.
 */
name: LoginName, 
/**
 * What proves who it is.
 */
kind: LoginKind, 
/**
 * The user pool's id, the issuer, or the program.
 */
provider: string, 
/**
 * Whether people sign in in their browser.
 */
browser: boolean, 
/**
 * What people call its state.
 */
state: LoginState, 
/**
 * Why it needs a sign-in.
 */
ended?: Ended, 
/**
 * Who is, or was, signed in.
 */
user?: User, 
/**
 * Since when.
 */
signed_in?: UnixTime, 
/**
 * When the session ends, whatever is done, where the configuration tells how long one lives:
 * rotation does not move it.
 */
session_ends?: UnixTime, 
/**
 * Whether that is what earlier sessions showed, and not the configuration.
 */
session_end_is_learnt: boolean, 
/**
 * How many sessions are over here, and still have to be revoked at the provider.
 */
unrevoked: number, 
/**
 * The roles that the ID token offers.
 */
roles: Roles, 
/**
 * Until when the ID token is good.
 */
id_token_expires?: UnixTime, 
/**
 * When it is renewed next; absent while it rests.
 */
renews?: UnixTime, 
/**
 * Whether something is being done for it at this moment.
 */
working: boolean, 
/**
 * What stands in the way.
 */
trouble?: Failure, 
/**
 * Since when.
 */
trouble_since?: UnixTime, };

export type Look = "light" | "dark";

export type Medium = "email" | "sms" | "app" | "unknown";

export type Outcome = { "kind": "done" } | { "kind": "signed_up", 
/**
 * Its name.
 */
username: string, } | { "kind": "unconfirmed", 
/**
 * Its name.
 */
username: string, } | { "kind": "code_sent", 
/**
 * How it goes.
 */
medium: Medium, 
/**
 * Where to, as the pool shows it.
 */
destination?: string | null, } | { "kind": "account" } & Account | { "kind": "devices", 
/**
 * The one that was used last comes first.
 */
devices: Array<KnownDevice>, } | { "kind": "device_forgotten", 
/**
 * Its key.
 */
key: string, } | { "kind": "other" };

export type Outputs = { 
/**
 * The user pool.
 */
user_pool_id?: string, 
/**
 * Its app client.
 */
client_id?: string, 
/**
 * The identity pool.
 */
identity_pool_id?: string, 
/**
 * The user pool's domain.
 */
domain?: string, 
/**
 * What the app asks for.
 */
scopes: Array<string>, 
/**
 * Where a browser may come back to on this machine.
 */
redirect_uris: Array<string>, 
/**
 * Where a browser may go on this machine after a sign-out.
 */
logout_uri?: string, };

export type PoolFlowName = "enhanced" | "classic";

export type Preference = "PASSWORD_SRP" | "PASSWORD" | "EMAIL_OTP" | "SMS_OTP";

export type Preferences = { language: Language | null, look: Look | null, open_window: boolean, };

export type ProfileForm = { name: string, kind: ProfileFormKind, login?: string, identity_pool_id?: string, source_profile?: string, role_arn?: string, flow?: PoolFlowName, session_name?: string, duration?: string, session_policy?: string, policy_arns: Array<string>, external_id?: string, tags: Array<[string, string]>, transitive_tags: Array<string>, endpoint?: string, sts_endpoint?: string, sts_region?: string, fips: boolean, dual_stack: boolean, 
/**
 * Under which name its keys are kept in a file, too.
 */
write_profile?: string, region?: string, output?: string, 
/**
 * The lines that `~/.aws/config` needs.
 */
aws_config: string, };

export type ProfileFormKind = "login" | "guest" | "role";

export type ProfileName = string;

export type ProfileView = { 
/**
 * Its name.
 */
name: ProfileName, 
/**
 * The login that it belongs to, at whatever end of a chain; none for guests.
 */
login?: LoginName, 
/**
 * The identity pool that gives its keys.
 */
identity_pool_id?: string, 
/**
 * Whether it gives them by the classic flow.
 */
classic: boolean, 
/**
 * The profile whose keys assume the role.
 */
source_profile?: ProfileName, 
/**
 * The role asked for.
 */
role_arn?: string, 
/**
 * Where files hold its keys, too.
 */
written?: WrittenView, 
/**
 * Until when the keys work.
 */
keys_expire?: UnixTime, 
/**
 * When they are renewed next; absent while nobody uses them.
 */
renews?: UnixTime, 
/**
 * When somebody last asked for them.
 */
asked?: UnixTime, 
/**
 * What stands in the way.
 */
trouble?: Failure, 
/**
 * Since when.
 */
trouble_since?: UnixTime, };

export type Question = { "kind": "username", 
/**
 * The name to offer.
 */
hint: string | null, } | { "kind": "password", 
/**
 * Who signs in.
 */
username: string, } | { "kind": "client_secret", 
/**
 * The app client that has a secret.
 */
client_id: string, } | { "kind": "code", 
/**
 * What it is for.
 */
code_for: CodeFor, 
/**
 * How it comes.
 */
medium: Medium, 
/**
 * Where it was sent, as the pool shows it, or which app has it.
 */
destination?: string | null, 
/**
 * Whether [`Answer::Resend`] is taken.
 */
can_resend: boolean, } | { "kind": "choice", 
/**
 * What is chosen.
 */
choice_of: ChoiceOf, 
/**
 * The ways that can be taken here.
 */
ways: Array<Way>, 
/**
 * Ways that the pool offers and that cannot be taken here.
 */
elsewhere?: Array<Factor>, } | { "kind": "app_setup", 
/**
 * The key in base 32, for those who cannot scan.
 */
key: Secret, 
/**
 * `otpauth://…`, for a QR code.
 */
uri: Secret, } | { "kind": "new_password", 
/**
 * Whose.
 */
username: string, 
/**
 * The attributes that the pool requires, by their names in Cognito.
 */
attributes?: Array<string>, } | { "kind": "attributes", 
/**
 * By their names in Cognito.
 */
names: Array<string>, } | { "kind": "custom", 
/**
 * What the pool shows: `publicChallengeParameters`.
 */
parameters: { [key in string]: string }, } | { "kind": "remember_device", 
/**
 * The name that it has there.
 */
name: string, } | { "kind": "browser", 
/**
 * Where to send it.
 */
url: string, 
/**
 * Where it comes back to. On another machine that address shows an error and is taken as
 * [`Answer::Address`].
 */
redirect_uri: string, } | { "kind": "identity", 
/**
 * Who signed in.
 */
user: User, 
/**
 * Who was signed in before, where it is somebody else.
 */
was?: User | null, } | { "kind": "other" };

export type Recent = { 
/**
 * When.
 */
at: UnixTime, 
/**
 * To whom.
 */
login: LoginName, 
/**
 * To which of its profiles, where it was one.
 */
profile?: ProfileName, 
/**
 * What.
 */
what: Happened, };

export type Roles = { 
/**
 * All of them, by their ARNs.
 */
offered: Array<string>, 
/**
 * The one that is taken when none is asked for.
 */
preferred?: string, };

export type Secret = string;

export type SentTo = { "to": "provider" } | { "to": "nowhere" } | { "to": "failed", failure: Failure, };

export type ShellName = "bash" | "powershell";

export type Shown = { 
/**
 * The newest status, also while the daemon is away.
 */
status: Status | null, 
/**
 * Why the daemon cannot be asked.
 */
away: Failure | null, };

export type SignOutScope = "session" | "everywhere" | "local";

export type SignedOut = { 
/**
 * Whether there was a session at all.
 */
had_session: boolean, 
/**
 * Why the user pool could not be told to revoke the refresh token, where it could not.
 */
not_revoked?: Failure, 
/**
 * Why the user pool could not be told to forget this device, where it could not.
 */
not_forgotten?: Failure, 
/**
 * Why the user's other sessions could not be ended, where that was asked for.
 */
not_everywhere?: Failure, 
/**
 * Whether what could not be revoked is tried again, with a token that is in memory alone, until
 * it is done or the session has ended by itself.
 */
retrying: boolean, 
/**
 * Where a browser goes that shall be signed out, too.
 */
logout_url?: string, 
/**
 * Until when keys that were already handed out go on working: AWS cannot take them back.
 */
keys_live_until?: UnixTime, };

export type SignedOutHere = { told: SignedOut, scope: SignOutScope, browser: SentTo | null, };

export type Starter = "icon" | "daemon";

export type Status = { 
/**
 * The daemon itself.
 */
daemon: DaemonView, 
/**
 * The logins by name.
 */
logins: Array<LoginView>, 
/**
 * The profiles by name.
 */
profiles: Array<ProfileView>, 
/**
 * Why the configuration's last edit was not taken.
 */
config?: Failure, 
/**
 * By how many seconds the local clock is ahead of Amazon's, when it is off by two minutes or
 * more.
 */
clock_ahead?: number, 
/**
 * What happened lately, the oldest first. It is kept in memory alone.
 */
recent: Array<Recent>, };

export type Turn = { "turn": "question", question: Question, problem: Failure | null, } | { "turn": "signed_in", user: User, } | { "turn": "outcome", outcome: Outcome, };

export type UnixTime = number;

export type User = { 
/**
 * `sub`: never changes, never reused.
 */
sub: string, 
/**
 * `cognito:username`.
 */
username: string, 
/**
 * `email`, where the token tells.
 */
email?: string, };

export type VaultChoice = "keychain" | "file" | "kernel";

export type VaultView = { 
/**
 * What was chosen in the configuration.
 */
choice: VaultChoice, 
/**
 * What it is on this machine, in a few words.
 */
description: string, 
/**
 * What stands in its way.
 */
trouble?: Failure, };

export type Way = { 
/**
 * What it is.
 */
factor: Factor, 
/**
 * Where a code would go, as the pool shows it: `a***@e***`.
 */
destination?: string, };

export type WhoAmI = { 
/**
 * The profile.
 */
profile: ProfileName, 
/**
 * The login; none for guests.
 */
login?: LoginName, 
/**
 * Who is signed in.
 */
user?: User, 
/**
 * The identity id.
 */
identity_id?: string, 
/**
 * Until when the keys work.
 */
keys_expire?: UnixTime, 
/**
 * `arn:aws:sts::123456789012:assumed-role/ROLE/SESSION`
 */
arn: string, 
/**
 * The AWS account.
 */
account: string, 
/**
 * `UserId`
 */
user_id: string, 
/**
 * The claims of the ID token; none for guests.
 */
claims: Record<string, unknown>, };

export type WrittenView = { 
/**
 * Under which name.
 */
name: ProfileName, 
/**
 * Until when tools are told that they work; absent while none stand there.
 */
until?: UnixTime, 
/**
 * What stands in the way.
 */
trouble?: Failure, };
