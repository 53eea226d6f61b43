//! Shows what would change, asks, and writes that and nothing else.

use std::io::Write;
use std::path::Path;

use poolkey_core::config::Config;
use poolkey_core::failure::{Code, Failure};
use toml_edit::DocumentMut;
use zeroize::Zeroizing;

use super::{Consent, Desk, diff, shown};
use crate::aws_files::AwsFiles;
use crate::daemon;
use crate::ending::Ending;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Done,
    /// It was only to be shown.
    Shown,
    /// There was nothing to change.
    AsItIs,
}

/// What a file becomes, or why it does not.
pub(super) type Changed = Result<Zeroizing<Vec<u8>>, Failure>;

/// Changes a file of `~/.aws`, if the person agrees to what is shown.
pub(super) fn write(
    files: &AwsFiles,
    path: &Path,
    change: &dyn Fn(&[u8]) -> Changed,
    desk: &mut Desk,
) -> Result<Written, Ending> {
    let before = files.read(path)?;
    let after = change(&before)?;
    if *after == *before {
        return Ok(Written::AsItIs);
    }
    show(path, &before, &after)?;
    if !agreed(desk)? {
        return Ok(Written::Shown);
    }
    let agreed = diff::changes(&before, &after);
    files.edit(path, |bytes| {
        let new = change(bytes)?;
        // Others may have written meanwhile, elsewhere in the file.
        if *bytes != **before && diff::changes(bytes, &new) != agreed {
            return Err(moved(path));
        }
        Ok(Some(new))
    })?;
    writeln!(anstream::stdout(), "Written: “{}”.", shown(path))?;
    Ok(Written::Done)
}

/// Changes `profiles.toml`, if the person agrees to what is shown. Says what it holds then, or would.
pub(super) fn write_profiles(
    change: &dyn Fn(&mut DocumentMut) -> Result<(), Failure>,
    desk: &mut Desk,
) -> Result<(Written, Config), Ending> {
    let draft = desk.file.draft(change)?;
    if draft.before == draft.after {
        return Ok((Written::AsItIs, draft.config));
    }
    let path = desk.file.path().to_owned();
    show(&path, draft.before.as_bytes(), draft.after.as_bytes())?;
    if !agreed(desk)? {
        return Ok((Written::Shown, draft.config));
    }
    desk.file.edit(|document| {
        change(document)?;
        // Nobody agreed to anything else.
        if document.to_string() == draft.after {
            Ok(())
        } else {
            Err(moved(&path))
        }
    })?;
    writeln!(anstream::stdout(), "Written: “{}”.", shown(&path))?;
    daemon::reload(&desk.file, &desk.client)?;
    Ok((Written::Done, draft.config))
}

/// Shows a change on stdout.
pub(super) fn show(path: &Path, before: &[u8], after: &[u8]) -> Result<(), Ending> {
    let diff = diff::unified(path, before, after);
    Ok(anstream::stdout().write_all(diff.as_bytes())?)
}

/// Whether what was shown is to be written; who says no is told that nothing was.
pub(super) fn agreed(desk: &mut Desk) -> Result<bool, Ending> {
    match desk.consent {
        Consent::Withheld => return Ok(false),
        Consent::Given => return Ok(true),
        Consent::Ask => {}
    }
    if !desk.person.can_be_asked_again() {
        return Err(Ending::Usage(
            "Nothing was written: there is no terminal to ask at. Have it written with --yes."
                .into(),
        ));
    }
    if yes("Write this? [Y/n]: ", desk)? {
        return Ok(true);
    }
    Err(Failure {
        code: Code::Wrong,
        sentence: "Nothing was written.".into(),
        remedy: "Run the command again when you want it.".into(),
    }
    .into())
}

/// A question that Enter says yes to.
pub(super) fn yes(prompt: &str, desk: &mut Desk) -> Result<bool, Ending> {
    loop {
        match &*desk.person.line(prompt, "")?.to_lowercase() {
            "" | "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => {}
        }
    }
}

/// What was agreed to is not what would be written.
pub(super) fn moved(path: &Path) -> Failure {
    Failure {
        code: Code::File,
        sentence: format!("“{}” was changed while you were asked.", shown(path)),
        remedy: "Run the command again to see what would change.".into(),
    }
}
