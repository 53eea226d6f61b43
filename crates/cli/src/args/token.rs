//! What `poolkey token` takes.

use clap::ValueEnum;

/// Print a login's ID token or access token, for an API that takes tokens itself
///
/// For API Gateway, AppSync, MCP servers and whatever else wants a token in place of AWS keys. It is
/// renewed ahead of its end while somebody asks, so that what is printed is good for minutes; ask
/// again rather than keep it. To have new claims in it at once: poolkey renew LOGIN
#[derive(clap::Args)]
#[command(after_long_help = RECIPES)]
pub(crate) struct TokenArgs {
    /// The login, or a profile for the login that its keys are of; may be left out where there is
    /// only one login, or where AWS_PROFILE names a profile
    pub(crate) login: Option<String>,
    /// The ID token: who the user is (the default)
    #[arg(long, conflicts_with = "access")]
    pub(crate) id: bool,
    /// The access token: what its bearer may do
    #[arg(long)]
    pub(crate) access: bool,
    /// Print the whole header: “Authorization: Bearer TOKEN”, or without the word Bearer
    #[arg(long, value_enum, value_name = "FORM", num_args = 0..=1, require_equals = true,
        default_missing_value = "bearer", conflicts_with_all = ["claims", "json"])]
    pub(crate) header: Option<HeaderForm>,
    /// Show what the token says, and not the token; its signature is not checked
    #[arg(long)]
    pub(crate) claims: bool,
    /// Print one JSON object: login, kind, expires (seconds since 1970 in UTC), and token, or claims
    /// with --claims
    #[arg(long)]
    pub(crate) json: bool,
}

/// How an `Authorization` header has a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HeaderForm {
    /// Authorization: Bearer TOKEN
    Bearer,
    /// Authorization: TOKEN
    Bare,
}

const RECIPES: &str = "\
A token in a command line is seen by everybody on the machine for as long as the command runs. These
keep it out:

  poolkey token --header | curl --header @- https://api.example.com/
  curl --header @<(poolkey token --header) --data @body.json https://api.example.com/

docs/tokens.md has more: API Gateway, AppSync, MCP servers, HTTPie, Python.";
