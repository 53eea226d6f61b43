//! What people are shown: always the whole, never a change of it.

use serde::{Deserialize, Serialize};

use crate::failure::{Code, Ended, Failure};
use crate::name::{LoginName, ProfileName};
use crate::session::{Roles, User};
use crate::time::UnixTime;

/// All that the agent knows and that may be shown. Times are in the local wall clock's frame.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct Snapshot {
    /// The logins by name.
    pub logins: Vec<LoginView>,
    /// The profiles by name.
    pub profiles: Vec<ProfileView>,
    /// Why the configuration's last edit was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Failure>,
    /// By how many seconds the local clock is ahead of Amazon's, when it is off by two minutes or
    /// more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub clock_ahead: Option<i64>,
    /// What happened lately, the oldest first. It is kept in memory alone.
    #[serde(default)]
    pub recent: Vec<Recent>,
}

/// Something that happened to a login and that a person may want to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct Recent {
    /// When.
    pub at: UnixTime,
    /// To whom.
    pub login: LoginName,
    /// To which of its profiles, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileName>,
    /// What.
    pub what: Happened,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happened {
    /// Somebody signed in.
    SignedIn,
    /// Somebody signed out.
    SignedOut,
    /// The session ended by itself.
    Ended {
        /// Why.
        reason: Ended,
    },
    /// What stood in the way was gone, and tokens or keys were renewed.
    Back {
        /// What it was.
        code: Code,
        /// How long it lasted, in seconds.
        secs: u64,
    },
    /// A tool took keys for the first time in a while.
    Taken,
    /// Something that this version does not know.
    #[serde(other)]
    Other,
}

/// A login as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct LoginView {
    /// Its name.
    pub name: LoginName,
    /// What proves who it is.
    pub kind: LoginKind,
    /// The user pool's id, the issuer, or the program.
    pub provider: String,
    /// Whether people sign in in their browser.
    #[serde(default)]
    pub browser: bool,
    /// What people call its state.
    pub state: LoginState,
    /// Why it needs a sign-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
    /// Who is, or was, signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_in: Option<UnixTime>,
    /// When the session ends, whatever is done, where the configuration tells how long one lives:
    /// rotation does not move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_ends: Option<UnixTime>,
    /// Whether that is what earlier sessions showed, and not the configuration.
    #[serde(default)]
    pub session_end_is_learnt: bool,
    /// How many sessions are over here, and still have to be revoked at the provider.
    #[serde(default)]
    pub unrevoked: u32,
    /// The roles that the ID token offers.
    #[serde(default)]
    pub roles: Roles,
    /// Until when the ID token is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token_expires: Option<UnixTime>,
    /// When it is renewed next; absent while it rests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renews: Option<UnixTime>,
    /// Whether something is being done for it at this moment.
    pub working: bool,
    /// What stands in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Failure>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble_since: Option<UnixTime>,
}

/// What proves who a login is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LoginKind {
    /// A Cognito user pool.
    UserPool,
    /// An OpenID provider.
    Oidc,
    /// A program that prints ID tokens.
    Command,
}

/// What people call a login's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LoginState {
    /// The vault has not told yet whether there is a session.
    Unread,
    /// There is no session.
    SignedOut,
    /// A sign-in is under way.
    SigningIn,
    /// There is a session.
    SignedIn,
    /// The session is over; see [`LoginView::ended`].
    NeedsSignIn,
}

/// Keys in files of `~/.aws` as people see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct WrittenView {
    /// Under which name.
    pub name: ProfileName,
    /// Until when tools are told that they work; absent while none stand there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<UnixTime>,
    /// What stands in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Failure>,
}

/// A profile as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(optional_fields))]
pub struct ProfileView {
    /// Its name.
    pub name: ProfileName,
    /// The login that it belongs to, at whatever end of a chain; none for guests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginName>,
    /// The identity pool that gives its keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_pool_id: Option<String>,
    /// Whether it gives them by the classic flow.
    #[serde(default)]
    pub classic: bool,
    /// The profile whose keys assume the role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_profile: Option<ProfileName>,
    /// The role asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// Where files hold its keys, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<WrittenView>,
    /// Until when the keys work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_expire: Option<UnixTime>,
    /// When they are renewed next; absent while nobody uses them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renews: Option<UnixTime>,
    /// When somebody last asked for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<UnixTime>,
    /// What stands in the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Failure>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble_since: Option<UnixTime>,
}
