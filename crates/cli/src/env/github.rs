//! A step of GitHub Actions: its runner masks what stdout tells it to, and gives what stands in a
//! file to the steps that follow.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use poolkey_core::environment::Environment;
use poolkey_core::failure::Failure;
use poolkey_core::secret::Secret;

use crate::ending::file_failure;

/// The commands that mask the keys in the log. Other values are left readable: a region that is
/// masked would black out half of it.
pub(super) fn masks(variables: &Environment) -> Secret {
    let secret = || variables.set().filter(|(name, _)| SECRET.contains(name));
    let room = secret().map(|(_, value)| 3 * value.expose().len() + 32);
    let mut text = String::with_capacity(room.sum());
    for (_, value) in secret() {
        text.push_str("::add-mask::");
        for c in value.expose().chars() {
            match c {
                '%' => text.push_str("%25"),
                '\r' => text.push_str("%0D"),
                '\n' => text.push_str("%0A"),
                c => text.push(c),
            }
        }
        text.push('\n');
    }
    Secret::new(text)
}

/// Appends the variables to the runner's file.
pub(super) fn append(file: &Path, variables: &Environment) -> Result<(), Failure> {
    let text = assignments(variables);
    File::options()
        .append(true)
        .open(file)
        .and_then(|mut open| open.write_all(text.expose().as_bytes()))
        .map_err(|error| file_failure(file, &error))
}

/// Each with a delimiter that its value does not have.
fn assignments(variables: &Environment) -> Secret {
    let room = variables
        .set()
        .map(|(_, value)| 2 * value.expose().len() + 128);
    let mut text = String::with_capacity(room.sum());
    for (name, value) in variables.set() {
        let mut delimiter = String::from("POOLKEY_END");
        while value.expose().contains(&delimiter) {
            delimiter.push('_');
        }
        for part in [
            name,
            "<<",
            &delimiter,
            "\n",
            value.expose(),
            "\n",
            &delimiter,
            "\n",
        ] {
            text.push_str(part);
        }
    }
    Secret::new(text)
}

const SECRET: [&str; 3] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_ends_its_own_assignment() {
        let variables = Environment::default()
            .with("A", "b")
            .with("B", "x\nPOOLKEY_END\nC<<POOLKEY_END_\n");
        assert_eq!(
            assignments(&variables).expose(),
            "A<<POOLKEY_END\nb\nPOOLKEY_END\n\
             B<<POOLKEY_END__\nx\nPOOLKEY_END\nC<<POOLKEY_END_\n\nPOOLKEY_END__\n"
        );
    }

    #[test]
    fn keys_are_masked_and_nothing_else() {
        let variables = Environment::default()
            .with("AWS_SECRET_ACCESS_KEY", "a%b\nc")
            .with("AWS_REGION", "eu-west-1");
        assert_eq!(masks(&variables).expose(), "::add-mask::a%25b%0Ac\n");
    }
}
