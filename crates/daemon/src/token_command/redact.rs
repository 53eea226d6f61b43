//! What a program complains of is shown to people, and may hold what nobody should see.

/// A line without what looks like a token or a key, no longer than a person reads.
pub(super) fn redact(line: &str) -> String {
    let mut told = String::new();
    let mut word = String::new();
    for c in line.chars() {
        if c.is_ascii_alphanumeric() || "-_.~+/=%".contains(c) {
            word.push(c);
        } else {
            push(&mut told, &word);
            word.clear();
            told.push(if c.is_control() { ' ' } else { c });
        }
    }
    push(&mut told, &word);
    let mut short: String = told.chars().take(LONGEST).collect();
    if told.chars().count() > LONGEST {
        short.push('…');
    }
    short
}

fn push(told: &mut String, word: &str) {
    told.push_str(if is_secret(word) { "…" } else { word });
}

/// Three parts of base 64 between dots, a long run of it, or what follows an equals sign and is one.
fn is_secret(word: &str) -> bool {
    if word.starts_with("eyJ") {
        return true;
    }
    let parts: Vec<&str> = word.split('.').collect();
    let is_base64 = |part: &&str| {
        part.len() >= SHORTEST_PART
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_+=".contains(&b))
    };
    if parts.len() >= 3 && parts.iter().all(is_base64) {
        return true;
    }
    word.split(['.', '/', '=', '%'])
        .any(|run| run.len() >= SHORTEST_RUN && has_digit_and_letter(run))
        || (word.len() >= 2 * SHORTEST_RUN && !word.starts_with('/') && has_digit_and_letter(word))
}

fn has_digit_and_letter(run: &str) -> bool {
    run.bytes().any(|b| b.is_ascii_digit()) && run.bytes().any(|b| b.is_ascii_alphabetic())
}

/// A header of a token has no less.
const SHORTEST_PART: usize = 8;

/// Words and paths are shorter, as a rule; keys are not.
const SHORTEST_RUN: usize = 20;

const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn words_stay_and_tokens_go() {
        for line in [
            "ERROR: (gcloud.auth.print-identity-token) You do not currently have an active account.",
            "open /home/ada/.config/gcloud/credentials.db: permission denied",
            "https://accounts.google.com/o/oauth2/auth failed: 401",
            "exit status 7",
        ] {
            assert_eq!(redact(line), line);
        }
        for (line, told) in [
            ("bad token eyJhbGciOiJub25lIn0.e30.c2ln!", "bad token …!"),
            ("got abcdefgh1.ijklmnop2.qrstuvwx3 back", "got … back"),
            ("key=AKIAIOSFODNN7EXAMPLE01", "…"),
            (
                "secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY now",
                "secret … now",
            ),
            (
                "\"refresh_token\": \"1//0gXy7Zk9LmNoPqRsTuVwX\"",
                "\"refresh_token\": \"…\"",
            ),
            ("code 0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "code …"),
            ("a\u{1b}[31mb", "a [31mb"),
        ] {
            assert_eq!(redact(line), told);
        }
        assert_eq!(redact(&"word ".repeat(100)).chars().count(), 301);
    }
}
