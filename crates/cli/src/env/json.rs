//! One JSON object, for programs.

use std::collections::BTreeMap;

use poolkey_core::environment::Environment;
use poolkey_core::secret::Secret;
use zeroize::Zeroizing;

/// Each variable by its name; `null` is for what is to be unset.
pub(super) fn object(variables: &Environment) -> Secret {
    let unset = variables.unset().map(|name| (name, None));
    let set = variables
        .set()
        .map(|(name, value)| (name, Some(value.expose())));
    let all: BTreeMap<&str, Option<&str>> = unset.chain(set).collect();
    // Each byte of a text takes at most six in JSON (`\u0000`).
    let room =
        |(name, value): (&&str, &Option<&str>)| name.len() + 6 * value.map_or(0, str::len) + 16;
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 + all.iter().map(room).sum::<usize>()));
    serde_json::to_writer(&mut *bytes, &all).expect("texts by name are JSON");
    let mut text = String::with_capacity(bytes.len() + 1);
    text.push_str(&String::from_utf8_lossy(&bytes));
    text.push('\n');
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_unset_is_null() {
        let variables = Environment::default().without("B").with("A", "\"x\"");
        assert_eq!(
            object(&variables).expose(),
            "{\"A\":\"\\\"x\\\"\",\"B\":null}\n"
        );
    }
}
