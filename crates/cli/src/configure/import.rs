//! What a file tells of a deployment: `amplify_outputs.json` and its like, and the outputs of stacks.
//!
//! Nothing in it is run, and nothing but ids is taken out of it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use poolkey_core::failure::{Code, Failure};
use poolkey_core::outputs::{Found, LARGEST};

/// Reads the ids of a file, or of stdin where the path is `-`.
pub(crate) fn read(path: &Path) -> Result<Found, Failure> {
    let told = if path == Path::new("-") {
        "What came on stdin".to_owned()
    } else {
        format!("“{}”", path.display())
    };
    let refused = |why: &dyn std::fmt::Display| Failure {
        code: Code::Config,
        sentence: format!("{told} cannot be imported: {why}."),
        remedy: "Name a file with the ids of a user pool, an app client or an identity pool."
            .into(),
    };
    let bytes = if path == Path::new("-") {
        bytes(io::stdin().lock())
    } else {
        File::open(path).and_then(bytes)
    };
    let bytes = bytes.map_err(|error| refused(&error))?;
    if bytes.len() > LARGEST {
        return Err(refused(&"it is larger than any such file"));
    }
    let text = text(&bytes).ok_or_else(|| refused(&"it is no text"))?;
    Found::parse(&text).map_err(|error| refused(&error))
}

/// No more than is looked at, whatever the file is.
fn bytes(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// UTF-8, or what Windows PowerShell writes by `>`: UTF-16 with a mark in front.
fn text(bytes: &[u8]) -> Option<String> {
    let units = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        rest.is_empty().then(|| String::from_utf16(&units).ok())?
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => units(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => units(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => String::from_utf8(rest.to_vec()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: &str = "eu-west-1_AbCdEf123";

    fn read_bytes(bytes: &[u8]) -> Result<Found, Failure> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        read(file.path())
    }

    #[test]
    fn a_file_is_read_however_its_text_is_written() {
        let json = format!(r#"{{"Über":{{"UserPoolId":"{POOL}"}}}}"#);
        let units: Vec<u16> = json.encode_utf16().collect();
        let marked = |mark: &[u8], bytes: Vec<u8>| [mark, &bytes].concat();
        for bytes in [
            json.clone().into_bytes(),
            marked(&[0xef, 0xbb, 0xbf], json.into_bytes()),
            marked(
                &[0xff, 0xfe],
                units.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            ),
            marked(
                &[0xfe, 0xff],
                units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            ),
        ] {
            let found = read_bytes(&bytes).unwrap();
            assert_eq!(found.outputs.user_pool_id.as_deref(), Some(POOL));
        }
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_its_name() {
        for (bytes, told) in [
            (b"".to_vec(), "neither"),
            (b"{\"a\":1}".to_vec(), "neither"),
            (vec![0xff; 9], "no text"),
            (vec![0xff, 0xfe, 1], "no text"),
            (vec![b' '; LARGEST + 1], "larger"),
        ] {
            let failure = read_bytes(&bytes).unwrap_err();
            assert!(failure.sentence.contains(told), "{failure}");
            assert_eq!(failure.code, Code::Config);
        }
        for path in ["/no/such/file.json", "/"] {
            let failure = read(Path::new(path)).unwrap_err();
            assert!(failure.sentence.contains(path), "{failure}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_without_an_end_is_not_read_to_it() {
        let failure = read(Path::new("/dev/zero")).unwrap_err();
        assert!(failure.sentence.contains("larger"), "{failure}");
    }
}
