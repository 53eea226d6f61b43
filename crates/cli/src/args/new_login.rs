//! What a login is made of, as it is typed.

use clap::builder::NonEmptyStringValueParser;

use super::{FlowName, PreferenceName, pair};

/// What a login is made of.
#[derive(clap::Args, Clone, Default, PartialEq)]
pub(crate) struct NewLogin {
    /// The user pool, like eu-west-1_AbCdEf123
    #[arg(long, value_name = "ID", help_heading = POOL)]
    pub(crate) user_pool_id: Option<String>,
    /// The app client of the user pool, or the client of the OpenID provider
    #[arg(long, value_name = "ID", help_heading = POOL)]
    pub(crate) client_id: Option<String>,
    /// How a sign-in begins
    #[arg(long, value_enum, help_heading = POOL)]
    pub(crate) flow: Option<FlowName>,
    /// What USER_AUTH begins with, in place of the pool's list
    #[arg(long, value_enum, value_name = "CHALLENGE", help_heading = POOL)]
    pub(crate) preferred_challenge: Option<PreferenceName>,
    /// The AWS profile of an administrator, who signs what an administrator does
    #[arg(long, value_name = "PROFILE", help_heading = POOL)]
    pub(crate) admin_profile: Option<String>,
    /// How long a session lives at the provider, as the app client has it: 30d
    #[arg(long, value_name = "LENGTH", help_heading = POOL)]
    pub(crate) session_life: Option<String>,
    /// Another endpoint than AWS's own
    #[arg(long, value_name = "URL", help_heading = POOL)]
    pub(crate) endpoint: Option<String>,
    /// AWS's endpoints with validated cryptography
    #[arg(long, help_heading = POOL)]
    pub(crate) fips: bool,
    /// AWS's endpoints that speak IPv6, too
    #[arg(long, help_heading = POOL)]
    pub(crate) dual_stack: bool,

    /// The user pool's domain, whose pages people sign in on
    #[arg(long, help_heading = BROWSER)]
    pub(crate) domain: Option<String>,
    /// Where the browser comes back to: a callback URL of the client, exact to the character; may
    /// be repeated
    #[arg(long, value_name = "URL", help_heading = BROWSER)]
    pub(crate) redirect_uri: Vec<String>,
    /// What is asked for; may be repeated
    #[arg(long, value_name = "SCOPE", help_heading = BROWSER)]
    pub(crate) scope: Vec<String>,
    /// The provider behind the user pool to go to at once, by its name there
    #[arg(long, value_name = "NAME", conflicts_with = "idp_identifier", help_heading = BROWSER)]
    pub(crate) identity_provider: Option<String>,
    /// The same, by one of its identifiers
    #[arg(long, value_name = "IDENTIFIER", help_heading = BROWSER)]
    pub(crate) idp_identifier: Option<String>,
    /// A sign-out URL of the app client, where “logout --browser” ends
    #[arg(long, value_name = "URL", help_heading = BROWSER)]
    pub(crate) logout_uri: Option<String>,
    /// A further parameter of the sign-in page, like prompt=consent; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair, help_heading = BROWSER)]
    pub(crate) parameter: Vec<(String, String)>,

    /// An OpenID provider that the identity pool trusts, by the URL of its issuer; with
    /// --token-command, who its tokens must be of
    #[arg(long, value_name = "URL", conflicts_with = "user_pool_id", help_heading = PROVIDER)]
    pub(crate) issuer: Option<String>,
    /// A program that prints an ID token, by its absolute path, and its arguments: all that follows,
    /// up to a “;” of its own
    #[arg(long, value_name = "PROGRAM", num_args = 1.., allow_hyphen_values = true,
        value_terminator = ";", value_parser = NonEmptyStringValueParser::new(),
        conflicts_with_all = ["user_pool_id", "client_id"], help_heading = PROVIDER)]
    pub(crate) token_command: Vec<String>,
}

impl NewLogin {
    /// Whether anything of it was typed.
    pub(crate) fn is_given(&self) -> bool {
        *self != Self::default()
    }
}

const POOL: &str = "For a new login";
const BROWSER: &str = "For a new login in the browser";
const PROVIDER: &str = "For a new login without a user pool";
