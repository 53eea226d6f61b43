//! `poolkey account`, as it is typed.

use clap::{Args, Subcommand};

use super::{JSON, NewLogin, SecondFactor, pair};

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    SignUp(Box<SignUpArgs>),
    /// Confirm a new account with the code that was sent
    Confirm {
        #[command(flatten)]
        who: Who,
        /// Confirm it without a code, with the AWS keys of the login's admin_profile
        #[arg(long)]
        as_admin: bool,
    },
    /// Have another code sent for a new account
    ResendCode(Who),
    /// Have a code sent for a forgotten password, and choose a new one
    ForgotPassword(Who),
    /// Choose a new password with a code that you already have
    ResetPassword(Who),
    /// Change the password of whoever is signed in
    ChangePassword(Member),
    /// Show what the user pool knows of you
    Show(Member),
    /// Second factors: codes by e-mail, by SMS, of an authenticator app
    #[command(subcommand)]
    Mfa(MfaCommand),
    /// Computers and browsers that the user pool knows
    #[command(subcommand)]
    Devices(DevicesCommand),
    /// Prove an e-mail address or phone number with a code
    #[command(allow_missing_positional = true)]
    VerifyAttribute {
        /// The login; may be left out where there is only one
        login: Option<String>,
        /// email or phone_number
        name: String,
        /// Ask and be answered in lines of JSON on stdout and stdin
        #[arg(long)]
        json: bool,
    },
}

/// Make an account in the user pool
///
/// A login that is new is added to profiles.toml, as “poolkey login” does. The password is asked for
/// on the terminal, or read as one line from stdin where that is no terminal; so is the code that
/// proves the new account.
#[derive(Args)]
#[command(after_long_help = JSON)]
pub(crate) struct SignUpArgs {
    #[command(flatten)]
    pub(crate) who: Who,
    /// What the pool wants to know of you, like email=ann@example.com; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) attribute: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) new: NewLogin,
}

/// Somebody who need not be signed in.
#[derive(Args)]
pub(crate) struct Who {
    /// The login; may be left out where there is only one
    pub(crate) login: Option<String>,
    /// The user name
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// Ask and be answered in lines of JSON on stdout and stdin
    #[arg(long)]
    pub(crate) json: bool,
}

/// Somebody who is signed in.
#[derive(Args)]
pub(crate) struct Member {
    /// The login; may be left out where there is only one
    pub(crate) login: Option<String>,
    /// Ask and be answered in lines of JSON on stdout and stdin
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum MfaCommand {
    /// Show which are on, and which is asked for first
    Show(Member),
    /// Turn one on and have it asked for first
    Prefer(FactorArgs),
    /// Turn one on
    On(FactorArgs),
    /// Turn one off
    Off(FactorArgs),
    /// Set up an authenticator app: a QR code and a key, then its first code
    SetUp(Member),
}

#[derive(Args)]
#[command(allow_missing_positional = true)]
pub(crate) struct FactorArgs {
    /// The login; may be left out where there is only one
    pub(crate) login: Option<String>,
    /// The second factor
    #[arg(value_enum)]
    pub(crate) factor: SecondFactor,
    /// Ask and be answered in lines of JSON on stdout and stdin
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum DevicesCommand {
    /// List them; the one that was used last comes first
    List(Member),
    /// Have the pool forget one: by its key, or this computer
    Forget {
        /// The login; may be left out where there is only one
        login: Option<String>,
        /// The key of another device, as “devices list” shows it
        key: Option<String>,
        /// Ask and be answered in lines of JSON on stdout and stdin
        #[arg(long)]
        json: bool,
    },
}
