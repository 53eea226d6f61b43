//! What can be asked of the program when it starts.

use clap::{Parser, ValueEnum};

use crate::route::Route;

/// Poolkey's windows: sign in, and see what is signed in
#[derive(Parser)]
#[command(name = "poolkey-desktop", version, max_term_width = 100)]
struct Args {
    /// Open the login window for this login
    #[arg(long, value_name = "LOGIN", conflicts_with_all = ["page", "profile"])]
    login: Option<String>,
    /// Open the page of this profile
    #[arg(long, value_name = "PROFILE", conflicts_with = "page")]
    profile: Option<String>,
    /// Open this page
    #[arg(long, value_enum)]
    page: Option<Page>,
    /// Open no window: the icon alone, as at login
    #[cfg(not(target_os = "linux"))]
    #[arg(long, conflicts_with_all = ["login", "profile", "page"])]
    icon: bool,
    /// How often this start has met another's end
    #[arg(long, hide = true, default_value_t = 0)]
    tries: u8,
}

/// What this process was started for.
pub(crate) struct Start {
    /// The page, if any.
    pub(crate) route: Option<Route>,
    /// How often it has been tried already.
    pub(crate) tries: u8,
}

#[derive(Clone, Copy, ValueEnum)]
enum Page {
    Overview,
    Login,
    Settings,
    Diagnosis,
}

/// What this process was started for.
pub(crate) fn start() -> Start {
    let args = Args::parse();
    Start {
        tries: args.tries,
        route: of(args),
    }
}

/// The page that another start asks this one to show; what it cannot mean shows all.
pub(crate) fn route_of(words: Vec<String>) -> Option<Route> {
    Args::try_parse_from(words).map_or_else(|_| Some(Route::default()), of)
}

fn of(args: Args) -> Option<Route> {
    #[cfg(not(target_os = "linux"))]
    if args.icon {
        return None;
    }
    Some(match args {
        Args {
            login: Some(login), ..
        } => Route::Login { login: Some(login) },
        Args {
            profile: Some(profile),
            ..
        } => Route::Profile { profile },
        Args { page, .. } => match page {
            None | Some(Page::Overview) => Route::Overview,
            Some(Page::Login) => Route::Login { login: None },
            Some(Page::Settings) => Route::Settings,
            Some(Page::Diagnosis) => Route::Diagnosis,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Route {
        route_of(words.iter().map(|word| (*word).to_owned()).collect()).unwrap()
    }

    #[test]
    fn a_second_start_says_what_it_wants() {
        assert_eq!(words(&["poolkey-desktop"]), Route::Overview);
        assert_eq!(
            words(&["x", "--login", "acme"]),
            Route::Login {
                login: Some("acme".into())
            }
        );
        assert_eq!(words(&["x", "--page", "settings"]), Route::Settings);
        assert_eq!(words(&["x", "--nonsense"]), Route::Overview);
    }
}
