//! `.env` files.

use poolkey_core::environment::Environment;
use poolkey_core::failure::{Code, Failure};
use poolkey_core::secret::Secret;

/// A line for each variable that is set.
///
/// There is no standard: some readers drop quotes, some keep them, and no two agree on an escape. So
/// a value stands bare where it can, in single quotes where all agree on them, and otherwise not.
pub(super) fn lines(variables: &Environment) -> Result<Secret, Failure> {
    let room = variables.set().map(|(_, value)| value.expose().len() + 64);
    let mut text = String::with_capacity(room.sum());
    for (name, value) in variables.set() {
        let quote = quote(value.expose()).ok_or_else(|| Failure {
            code: Code::Other,
            sentence: format!("The value of {name} has a character that .env files cannot hold."),
            remedy: "Choose another --format.".into(),
        })?;
        for part in [name, "=", quote, value.expose(), quote, "\n"] {
            text.push_str(part);
        }
    }
    Ok(Secret::new(text))
}

fn quote(value: &str) -> Option<&'static str> {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./+=:@,%".contains(c);
    let within = |c: char| !c.is_control() && c != '\'' && c != '\\';
    if value.chars().all(bare) {
        Some("")
    } else if value.chars().all(within) {
        Some("'")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_so_that_all_read_the_same() {
        let of = |value: &str| {
            lines(&Environment::default().with("A", value)).map(|text| text.expose().to_owned())
        };
        assert_eq!(of("a+b/c==").unwrap(), "A=a+b/c==\n");
        assert_eq!(of("a #b$c\"").unwrap(), "A='a #b$c\"'\n");
        for bad in ["it's", "a\\b", "a\nb"] {
            let failure = of(bad).unwrap_err();
            assert!(failure.sentence.contains(" A ") && !failure.sentence.contains(bad));
        }
    }

    #[test]
    fn what_is_to_be_unset_is_left_out() {
        let variables = Environment::default().without_shadows().with("A", "b");
        assert_eq!(lines(&variables).unwrap().expose(), "A=b\n");
    }
}
