//! `docs/challenges.md` knows every name of the SDK's model, and its tests are there.
#![allow(clippy::unwrap_used, reason = "tests may fail")]

use std::collections::BTreeSet;
use std::path::Path;

use aws_sdk_cognitoidentityprovider::types::{AuthFlowType, ChallengeNameType};

#[test]
fn every_way_to_begin_and_every_challenge_has_its_row() {
    let page = page();
    for (heading, model) in [
        ("(`AuthFlowType`)", AuthFlowType::values()),
        ("(`ChallengeNameType`)", ChallengeNameType::values()),
    ] {
        let told: BTreeSet<_> = rows(&page, heading).map(|row| name(row[0])).collect();
        let model: BTreeSet<_> = model.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(told, model, "{heading}");
    }
}

#[test]
fn every_row_names_a_test_that_is_there() {
    let page = page();
    let mut found = 0;
    for heading in ["(`AuthFlowType`)", "(`ChallengeNameType`)", "holds for all"] {
        for row in rows(&page, heading) {
            let cell = row.last().unwrap();
            let (file, test) = cell.split_once(": ").unwrap_or_else(|| panic!("{cell}"));
            assert!(row.iter().all(|cell| !cell.is_empty()), "{row:?}");
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests")
                .join(name(file));
            let source = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{path:?}"));
            let defined = format!("\nasync fn {}() {{", name(test));
            assert!(source.contains(&defined), "{cell}");
            found += 1;
        }
    }
    assert!(found > 30, "{found}");
}

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/challenges.md");
    std::fs::read_to_string(path).unwrap()
}

/// The cells of the table under a heading, without its head.
fn rows<'a>(page: &'a str, heading: &str) -> impl Iterator<Item = Vec<&'a str>> {
    let mut sections = page.split("\n## ");
    let section = sections
        .find(|section| section.lines().next().unwrap().contains(heading))
        .unwrap();
    let lines = section.lines().filter(|line| line.starts_with('|'));
    lines.skip(2).map(|line| {
        let line = line.trim_matches('|');
        line.split(" | ").map(str::trim).collect()
    })
}

/// A name as it stands in code.
fn name(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}
