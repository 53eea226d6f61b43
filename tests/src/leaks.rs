//! Looks for secrets where none may be.
//!
//! A secret is found in any of the forms in which a careless program writes it: as it is, in
//! base64 (standard and for URLs, whatever it was encoded together with), percent-encoded, or in
//! hexadecimal; and of a long one, any 20 characters in a row are enough. A code of a few digits is
//! looked for as it is.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// What to look for.
///
/// Of each form, every `STRIDE`th group of `GROUP` bytes is known; any `WINDOW` bytes in a
/// row hold at least one of them whole, and what stands around it tells the rest.
pub struct Search {
    forms: Vec<Form>,
    /// Codes of a few digits, which are looked for where they stand alone: any number holds some.
    codes: Vec<(String, usize)>,
    groups: HashMap<u64, Vec<(usize, usize)>>,
    /// Whether any group has this hash: most bytes are passed over with one look.
    sieve: Vec<u64>,
    kinds: Vec<String>,
}

struct Form {
    bytes: Vec<u8>,
    secret: usize,
}

/// A secret where it must not be.
#[derive(Debug)]
pub struct Found {
    /// What kind of secret.
    pub kind: String,
    /// Where.
    pub place: String,
    /// In which byte.
    pub at: usize,
    /// What stands before it.
    pub before: String,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            place,
            at,
            before,
        } = self;
        write!(f, "a {kind} in {place}, byte {at}, after “{before}”")
    }
}

impl Search {
    /// A search for these secrets, each with its kind.
    pub fn for_all(secrets: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut search = Self {
            forms: Vec::new(),
            codes: Vec::new(),
            groups: HashMap::new(),
            sieve: vec![0; SIEVE / 64],
            kinds: Vec::new(),
        };
        for (kind, secret) in secrets {
            let index = search.kinds.len();
            search.kinds.push(kind);
            if secret.len() < GROUP {
                search.codes.push((secret, index));
            } else {
                search.add_forms(secret.as_bytes(), index);
            }
        }
        search
    }

    /// How many secrets it looks for.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Whether it looks for nothing.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    fn add_forms(&mut self, secret: &[u8], index: usize) {
        let percent: Vec<u8> = secret
            .iter()
            .flat_map(|byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => vec![*byte],
                _ => format!("%{byte:02X}").into_bytes(),
            })
            .collect();
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut forms = BTreeSet::from([secret.to_vec(), percent, hex.into_bytes()]);
        // What stood before it shifts the letters of base64; the first and last of them also hold
        // bits of the neighbours.
        for shift in 0..3 {
            let padded = [&b"\0\0"[..shift], secret].concat();
            for coded in [
                STANDARD_NO_PAD.encode(&padded),
                URL_SAFE_NO_PAD.encode(&padded),
            ] {
                let coded = coded.as_bytes();
                forms.insert(coded[[0, 2, 3][shift]..coded.len() - 1].to_vec());
            }
        }
        for form in forms {
            self.add(form, index);
        }
    }

    fn add(&mut self, bytes: Vec<u8>, secret: usize) {
        for (at, group) in bytes.windows(GROUP).enumerate().step_by(STRIDE) {
            let group = number(group);
            let slot = slot(group);
            self.sieve[slot / 64] |= 1 << (slot % 64);
            self.groups
                .entry(group)
                .or_default()
                .push((self.forms.len(), at));
        }
        self.forms.push(Form { bytes, secret });
    }

    /// What of it is in these bytes; at most one finding for each secret.
    pub fn look(&self, place: &str, bytes: &[u8]) -> Vec<Found> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for (at, group) in bytes.windows(GROUP).enumerate() {
            let group = number(group);
            let slot = slot(group);
            if self.sieve[slot / 64] & (1 << (slot % 64)) == 0 {
                continue;
            }
            for (form, offset) in self.groups.get(&group).into_iter().flatten() {
                let form = &self.forms[*form];
                let before = common(bytes[..at].iter().rev(), form.bytes[..*offset].iter().rev());
                let after = common(bytes[at..].iter(), form.bytes[*offset..].iter());
                if before + after >= WINDOW.min(form.bytes.len()) && seen.insert(form.secret) {
                    found.push(self.found(form.secret, place, bytes, at - before));
                }
            }
        }
        for (code, secret) in &self.codes {
            let places = bytes.windows(code.len()).enumerate();
            let is_it = |(at, window): &(usize, &[u8])| {
                *window == code.as_bytes() && stands_alone(bytes, *at, code.len())
            };
            if let Some((at, _)) = places.into_iter().find(is_it) {
                found.push(self.found(*secret, place, bytes, at));
            }
        }
        found
    }

    fn found(&self, secret: usize, place: &str, bytes: &[u8], at: usize) -> Found {
        let before = &bytes[at.saturating_sub(160)..at];
        Found {
            kind: self.kinds[secret].clone(),
            place: place.to_owned(),
            at,
            before: String::from_utf8_lossy(before).into_owned(),
        }
    }
}

/// Whether no letter, digit or point touches it: those of a longer number, or of a fraction of a
/// second, are no code.
fn stands_alone(bytes: &[u8], at: usize, length: usize) -> bool {
    let touches = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'.');
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    !touches(before) && !touches(bytes.get(at + length))
}

fn common<'a>(left: impl Iterator<Item = &'a u8>, right: impl Iterator<Item = &'a u8>) -> usize {
    left.zip(right).take_while(|(a, b)| a == b).count()
}

fn number(group: &[u8]) -> u64 {
    group
        .first_chunk()
        .map_or(0, |group| u64::from_le_bytes(*group))
}

fn slot(group: u64) -> usize {
    let mixed = group.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(mixed >> (64 - SIEVE.trailing_zeros())).unwrap_or_default()
}

/// So many characters in a row of a long secret are a leak; of a shorter one, all.
const WINDOW: usize = 20;
const GROUP: usize = 8;
const STRIDE: usize = WINDOW - GROUP + 1;
const SIEVE: usize = 1 << 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_planted_secret_is_found() {
        let token: String = (0..1700_u32)
            .map(|n| char::from(b'!' + u8::try_from((n * n + 7 * n / 3) % 90).unwrap()))
            .collect();
        let password = "Pa55/word+";
        let search = Search::for_all([
            ("token".to_owned(), token.clone()),
            ("password".to_owned(), password.to_owned()),
        ]);
        let percent = |text: &str| {
            text.bytes()
                .map(|byte| format!("%{byte:02X}"))
                .collect::<String>()
        };
        for (text, kind) in [
            (token.clone(), "token"),
            (token[900..920].to_owned(), "token"),
            (password.to_owned(), "password"),
            ("Pa55%2Fword%2B".to_owned(), "password"),
            (STANDARD_NO_PAD.encode(&token), "token"),
            (
                STANDARD_NO_PAD.encode(format!("user:{password}, or so")),
                "password",
            ),
            (
                STANDARD_NO_PAD.encode(format!("user2:{password}, or so")),
                "password",
            ),
            (
                STANDARD_NO_PAD.encode(format!("user34:{password}, or so")),
                "password",
            ),
            (URL_SAFE_NO_PAD.encode(&token[40..200]), "token"),
            (
                percent("/") + &token[300..330].replace('%', "%25"),
                "nothing",
            ),
        ] {
            let log = format!("at the beginning {text} and at the end");
            let found = search.look("log", log.as_bytes());
            if kind == "nothing" {
                continue;
            }
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0].kind, kind);
        }
        let harmless = format!("{} {} Pa55", &token[900..919], &token[10..29]);
        assert!(search.look("log", harmless.as_bytes()).is_empty());

        let search = Search::for_all([("code".to_owned(), "204816".to_owned())]);
        for leak in ["code 204816", "\"204816\"", "204816", "CODE=204816&"] {
            assert_eq!(search.look("log", leak.as_bytes()).len(), 1, "{leak}");
        }
        for number in ["1204816", "12:00:00.204816Z", "204816.5", "x204816"] {
            assert!(search.look("log", number.as_bytes()).is_empty(), "{number}");
        }
    }
}
