//! Whether whoever signed in is who was meant.

use poolkey_core::conversation::Answer;
use poolkey_core::session::User;

use super::Prompts;
use crate::ending::Ending;

/// What options say of who signs in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    /// The one who is meant, by user name, e-mail address or `sub`.
    pub(crate) user: Option<String>,
    /// Whoever signs in first is meant.
    pub(crate) first_is_right: bool,
}

impl Prompts<'_> {
    pub(super) fn identity(&mut self, user: &User, was: Option<&User>) -> Result<Answer, Ending> {
        let expected = &self.given.expected;
        let named = expected.user.as_deref();
        if let Some(named) = named {
            let right = is(user, named);
            if !right {
                let told = format!("{} signed in, and not {named}.", whole(user));
                self.person.tell(&told)?;
            }
            return Ok(Answer::Identity(right));
        }
        // Who named somebody to sign in meant that one.
        let named = self.given_username.as_deref();
        if named.is_some_and(|named| is(user, named)) || (expected.first_is_right && was.is_none())
        {
            return Ok(Answer::Identity(true));
        }
        if !self.person.can_be_asked_again() {
            return Err(Ending::Usage(match was {
                Some(was) => format!(
                    "{} signed in, and {} was signed in before. If that is meant: --expect {}",
                    whole(user),
                    short(was),
                    short(user)
                ),
                None => format!(
                    "{} signed in for the first time. Say whom you mean: --expect {}, or --yes \
                     for whoever it is",
                    whole(user),
                    short(user)
                ),
            }));
        }
        self.ask_identity(user, was).map(Answer::Identity)
    }

    fn ask_identity(&mut self, user: &User, was: Option<&User>) -> Result<bool, Ending> {
        let (told, prompt, by_enter) = match was {
            Some(was) => (
                format!(
                    "You are {}. Before, {} was signed in.",
                    whole(user),
                    whole(was)
                ),
                "Keep this sign-in in its place? [y/N]: ",
                false,
            ),
            None => (
                format!("You are {}.", whole(user)),
                "Keep this sign-in? [Y/n]: ",
                true,
            ),
        };
        self.person.tell(&told)?;
        loop {
            match &*self.person.line(prompt, "")?.to_lowercase() {
                "" => return Ok(by_enter),
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => {}
            }
        }
    }
}

/// An address is the same in whatever case, a name need not be.
fn is(user: &User, named: &str) -> bool {
    user.username == named
        || user.sub == named
        || user
            .email
            .as_ref()
            .is_some_and(|email| email.eq_ignore_ascii_case(named))
}

fn short(user: &User) -> &str {
    match user.email.as_deref() {
        Some(email) => email,
        None if user.username.is_empty() => &user.sub,
        None => &user.username,
    }
}

fn whole(user: &User) -> String {
    match user.email.as_deref() {
        Some(email) if email != user.username && !user.username.is_empty() => {
            format!("{email} (user name {})", user.username)
        }
        Some(_) | None => short(user).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_known_by_each_name() {
        let user = User {
            sub: "0-1".into(),
            username: "Ann".into(),
            email: Some("ann@Example.com".into()),
        };
        for (named, right) in [
            ("Ann", true),
            ("ann", false),
            ("0-1", true),
            ("ANN@example.com", true),
            ("ann@example.co", false),
            ("", false),
        ] {
            assert_eq!(is(&user, named), right, "{named}");
        }
        assert_eq!(whole(&user), "ann@Example.com (user name Ann)");
        let bare = User {
            sub: "0-1".into(),
            ..User::default()
        };
        assert_eq!(whole(&bare), "0-1");
        assert!(!is(&bare, "ann"));
    }
}
