//! What a file tells of a deployment: `amplify_outputs.json` and its like, and the outputs of stacks.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use poolkey_core::failure::{Code, Failure};
use poolkey_core::outputs::{Found, NoOutputs};

use crate::ending::file_failure;

/// Reads the ids of a file, and nothing else of it.
pub(crate) fn read(path: &Path) -> Result<Found, Failure> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
        .map_err(|error| file_failure(path, &error))?;
    Found::parse(&text).map_err(|error: NoOutputs| Failure {
        code: Code::Config,
        sentence: format!("“{}” cannot be imported: {error}.", path.display()),
        remedy: "Name a file with the ids of a user pool, an app client or an identity pool."
            .into(),
    })
}

/// Such a file has some 10 KB.
const LARGEST: u64 = 1 << 20;
