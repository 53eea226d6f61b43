//! The text of a table in `profiles.toml`: what a form takes out of it, and puts back so that
//! comments, order and whatever did not change stay as a person wrote them.

use poolkey_core::failure::Failure;
use poolkey_ipc::profiles_file::insert;
use toml_edit::{
    Array, Decor, DocumentMut, InlineTable, Item, RawString, Table, TableLike, Value, value,
};

/// What a form says of one key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// Words, or nothing.
    Text(Option<String>),
    /// Yes or no; no is the same as nothing.
    Flag(bool),
    /// Any number of words; none are the same as nothing.
    List(Vec<String>),
    /// Any number of words by name; none are the same as nothing.
    Map(Vec<Pair>),
}

/// A name and what it stands for.
pub(super) type Pair = (String, String);

/// All that a form says.
pub(super) type Fields = Vec<(&'static str, Said)>;

/// The words of a key.
pub(super) fn text(table: &dyn TableLike, key: &str) -> Option<String> {
    Some(table.get(key)?.as_str()?.to_owned())
}

/// The words of a key that has any number of them.
pub(super) fn list(table: &dyn TableLike, key: &str) -> Vec<String> {
    let array = table.get(key).and_then(Item::as_array);
    let words = array.into_iter().flatten().filter_map(Value::as_str);
    words.map(str::to_owned).collect()
}

/// The words of a key that has them by name.
pub(super) fn map(table: &dyn TableLike, key: &str) -> Vec<Pair> {
    let inner = table.get(key).and_then(Item::as_table_like);
    let pairs = inner.into_iter().flat_map(|inner| inner.iter());
    pairs
        .filter_map(|(name, item)| Some((name.to_owned(), item.as_str()?.to_owned())))
        .collect()
}

/// Whether a key says yes.
pub(super) fn flag(table: &dyn TableLike, key: &str) -> bool {
    table.get(key).and_then(Item::as_bool).unwrap_or_default()
}

/// Writes the fields into the table that is there, which may get another name, or into a new one
/// behind its like.
pub(super) fn put(
    document: &mut DocumentMut,
    kind: &str,
    name: &str,
    instead_of: Option<&str>,
    fields: Fields,
) -> Result<(), Failure> {
    let group = document.get_mut(kind).and_then(Item::as_table_like_mut);
    let known = instead_of.and_then(|old| Some((old, group?)));
    if let Some((old, group)) = known
        && let Some(table) = group.get_mut(old).and_then(Item::as_table_like_mut)
    {
        fill(table, fields);
        if old != name
            && let Some(table) = group.remove(old)
        {
            // It knows its place in the file, and the comments above it.
            group.insert(name, table);
        }
        return Ok(());
    }
    let mut table = Table::new();
    fill(&mut table, fields);
    insert(document, kind, name, table)
}

fn fill(table: &mut dyn TableLike, fields: Fields) {
    for (key, said) in fields {
        match said {
            Said::Text(said) => {
                let known = table.get(key).and_then(Item::as_str);
                match said {
                    Some(said) if known == Some(&said) => {}
                    Some(said) => drop(table.insert(key, value(said))),
                    None => drop(table.remove(key)),
                }
            }
            Said::Flag(said) if said == flag(table, key) => {}
            Said::Flag(true) => drop(table.insert(key, value(true))),
            Said::Flag(false) => drop(table.remove(key)),
            Said::List(said) if said.is_empty() => drop(table.remove(key)),
            Said::List(said) => match table.get_mut(key).and_then(Item::as_array_mut) {
                Some(known) => becomes(known, &said),
                None => drop(table.insert(key, value(said.into_iter().collect::<Array>()))),
            },
            Said::Map(said) if said.is_empty() => drop(table.remove(key)),
            Said::Map(said) => match table.get_mut(key).and_then(Item::as_table_like_mut) {
                Some(known) => names(known, said),
                None => drop(table.insert(key, value(said.into_iter().collect::<InlineTable>()))),
            },
        }
    }
}

/// Elements that stay keep what is written around them.
fn becomes(known: &mut Array, said: &[String]) {
    for place in (0..known.len()).rev() {
        let word = known.get(place).and_then(Value::as_str);
        if !word.is_some_and(|word| said.iter().any(|one| one == word)) {
            take_out(known, place);
        }
    }
    for (place, word) in said.iter().enumerate() {
        if known.get(place).and_then(Value::as_str) == Some(word) {
            continue;
        }
        let elsewhere = known.iter().position(|one| one.as_str() == Some(word));
        if let Some(elsewhere) = elsewhere.filter(|elsewhere| *elsewhere > place) {
            take_out(known, elsewhere);
        }
        put_in(known, place, word);
    }
    while known.len() > said.len() {
        take_out(known, known.len() - 1);
    }
}

/// What stands between a comma and the next element is about the one before the comma: it stays.
fn take_out(known: &mut Array, place: usize) {
    let gone = known.remove(place);
    let above = before(gone.decor()).to_owned();
    if !above.contains('#') {
        return;
    }
    let above = above.trim_end_matches([' ', '\t', '\n', '\r']);
    match known.get_mut(place) {
        Some(next) => {
            let own = before(next.decor()).to_owned();
            next.decor_mut().set_prefix(format!("{above}{own}"));
        }
        None => {
            let own = known.trailing().as_str().unwrap_or_default().to_owned();
            known.set_trailing(format!("{above}{own}"));
        }
    }
}

/// A new element gets a line of its own where the others have.
fn put_in(known: &mut Array, place: usize, word: &str) {
    let first = known.get(0).map(|first| before(first.decor()));
    let line = first.and_then(|first| Some(first.get(first.rfind('\n')?..)?.to_owned()));
    let Some(line) = line else {
        known.insert(place, word);
        return;
    };
    let mut fresh = Value::from(word);
    match known.get_mut(place) {
        Some(next) => {
            let own = before(next.decor()).to_owned();
            fresh.decor_mut().set_prefix(own);
            next.decor_mut().set_prefix(line);
        }
        None => {
            let trailing = known.trailing().as_str().unwrap_or_default();
            let comment = trailing
                .trim_end_matches([' ', '\t', '\n', '\r'])
                .to_owned();
            fresh.decor_mut().set_prefix(format!("{comment}{line}"));
            known.set_trailing("\n");
            known.set_trailing_comma(true);
        }
    }
    known.insert_formatted(place, fresh);
}

fn before(decor: &Decor) -> &str {
    decor
        .prefix()
        .and_then(RawString::as_str)
        .unwrap_or_default()
}

fn names(known: &mut dyn TableLike, said: Vec<Pair>) {
    let gone: Vec<String> = known
        .iter()
        .map(|(name, _)| name.to_owned())
        .filter(|name| said.iter().all(|(one, _)| one != name))
        .collect();
    for name in gone {
        known.remove(&name);
    }
    for (name, word) in said {
        if known.get(&name).and_then(Item::as_str) != Some(&word) {
            known.insert(&name, value(word));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# mine
[login.acme] # work
user_pool_id = \"us-east-1_A\" # the pool
fips = false
redirect_uris = [
    \"http://localhost:8400/callback\", # registered by Ada
    \"http://127.0.0.1:9379/callback\",
]

[login.acme.parameters]
# asked for by the gateway
resource = \"a\"
";

    fn after(instead_of: Option<&str>, name: &str, fields: Fields) -> String {
        let mut document: DocumentMut = FILE.parse().unwrap();
        put(&mut document, "login", name, instead_of, fields).unwrap();
        document.to_string()
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn all() -> Fields {
        let document: DocumentMut = FILE.parse().unwrap();
        let table = document["login"]["acme"].as_table_like().unwrap();
        vec![
            ("user_pool_id", Said::Text(text(table, "user_pool_id"))),
            ("fips", Said::Flag(flag(table, "fips"))),
            ("redirect_uris", Said::List(list(table, "redirect_uris"))),
            ("parameters", Said::Map(map(table, "parameters"))),
        ]
    }

    #[test]
    fn what_did_not_change_stays_as_it_was_written() {
        assert_eq!(after(Some("acme"), "acme", all()), FILE);
    }

    #[test]
    fn comments_stay_with_what_stays() {
        let mut fields = all();
        fields[1].1 = Said::Flag(true);
        fields[2].1 = Said::List(words(&[
            "http://127.0.0.1:7000/",
            "http://localhost:8400/callback",
        ]));
        fields[3].1 = Said::Map(vec![
            ("resource".into(), "a".into()),
            ("audience".into(), "b".into()),
        ]);
        let text = after(Some("acme"), "acme", fields);
        for kept in [
            "# mine",
            "# work",
            "# the pool",
            "# registered by Ada",
            "# asked for by the gateway",
            "audience = \"b\"",
            "fips = true",
        ] {
            assert!(text.contains(kept), "{kept}:\n{text}");
        }
        let document: DocumentMut = text.parse().unwrap();
        let table = document["login"]["acme"].as_table_like().unwrap();
        assert_eq!(
            list(table, "redirect_uris"),
            words(&["http://127.0.0.1:7000/", "http://localhost:8400/callback"]),
            "{text}"
        );
        let uris = text.split_once("redirect_uris").unwrap().1;
        assert!(
            uris.starts_with(
                " = [\n    \"http://127.0.0.1:7000/\",\n    \"http://localhost:8400/callback\", # registered by Ada\n]"
            ),
            "{text}"
        );
    }

    #[test]
    fn nothing_is_no_key() {
        let nothing = vec![
            ("user_pool_id", Said::Text(None)),
            ("fips", Said::Flag(false)),
            ("redirect_uris", Said::List(Vec::new())),
            ("parameters", Said::Map(Vec::new())),
        ];
        let text = after(Some("acme"), "acme", nothing);
        assert!(!text.contains("redirect_uris"), "{text}");
        assert!(!text.contains("parameters"), "{text}");
    }

    #[test]
    fn another_name_takes_all_of_it_over() {
        let text = after(Some("acme"), "other", all());
        let document: DocumentMut = text.parse().unwrap();
        assert!(document["login"].get("acme").is_none(), "{text}");
        let table = document["login"]["other"].as_table_like().unwrap();
        assert_eq!(map(table, "parameters").len(), 1, "{text}");
        assert!(text.contains("# registered by Ada"), "{text}");
        assert!(text.starts_with("# mine"), "{text}");
    }

    #[test]
    fn a_new_one_stands_behind_its_like() {
        let text = after(None, "more", all());
        assert!(text.starts_with(FILE), "{text}");
        assert!(text.contains("[login.more]"), "{text}");
        assert!(text.contains("parameters = { resource = \"a\" }"), "{text}");
    }
}
