//! Changing `profiles.toml` without losing what a person wrote into it.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use poolkey_core::config::Config;
use poolkey_core::failure::{Failure, Trouble};
use toml_edit::{Array, DocumentMut, InlineTable, Item, RawString, Table, value};

use crate::{Place, trouble};

/// `profiles.toml`.
#[derive(Clone, Debug)]
pub struct ProfilesFile {
    path: PathBuf,
}

impl ProfilesFile {
    /// The file of the user that this process runs as.
    ///
    /// # Errors
    ///
    /// The user has no home.
    pub fn of_process() -> Result<Self, Failure> {
        Ok(Self::at(Place::of_process()?.config_file()))
    }

    fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says. No file says nothing.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is no configuration.
    pub fn read(&self) -> Result<Config, Failure> {
        self.parse(&self.text()?)
    }

    /// Changes it. What comes out must be a configuration before it is written, and whoever reads
    /// meanwhile sees the old file or the new one, whole.
    ///
    /// # Errors
    ///
    /// It cannot be read or written, or would be no configuration: then it stays as it is.
    pub fn edit(
        &self,
        change: impl FnOnce(&mut DocumentMut) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        let _lock = lock(directory).map_err(|error| trouble::file(directory, &error))?;

        let text = self.changed(change)?;
        self.write(&text)
            .map_err(|error| trouble::file(&self.path, &error))
    }

    /// Says whether it could be changed so. Nothing is written.
    ///
    /// # Errors
    ///
    /// As [`ProfilesFile::edit`].
    pub fn rehearse(
        &self,
        change: impl FnOnce(&mut DocumentMut) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.preview(change).map(drop)
    }

    /// What it would say after the change. Nothing is written.
    ///
    /// # Errors
    ///
    /// As [`ProfilesFile::edit`].
    pub fn preview(
        &self,
        change: impl FnOnce(&mut DocumentMut) -> Result<(), Failure>,
    ) -> Result<Config, Failure> {
        self.parse(&self.changed(change)?)
    }

    /// The same with the texts, for whoever shows what changes.
    ///
    /// # Errors
    ///
    /// As [`ProfilesFile::edit`].
    pub fn draft(
        &self,
        change: impl FnOnce(&mut DocumentMut) -> Result<(), Failure>,
    ) -> Result<Draft, Failure> {
        let before = self.text()?;
        let after = self.changed(change)?;
        let config = self.parse(&after)?;
        Ok(Draft {
            before,
            after,
            config,
        })
    }

    /// Its text after the change, which is a configuration.
    fn changed(
        &self,
        change: impl FnOnce(&mut DocumentMut) -> Result<(), Failure>,
    ) -> Result<String, Failure> {
        let text = self.text()?;
        self.parse(&text)?;
        let text = if text.is_empty() { HEADER } else { &text };
        let mut document: DocumentMut = text.parse().map_err(|_| hand_edit("it is no TOML"))?;
        change(&mut document)?;
        let text = document.to_string();
        // The line is one of a file that is not written: only what is wrong is of use.
        Config::parse(&text).map_err(|error| refused(&error.text))?;
        Ok(text)
    }

    fn text(&self) -> Result<String, Failure> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(trouble::file(&self.path, &error)),
        }
    }

    fn parse(&self, text: &str) -> Result<Config, Failure> {
        Config::parse(text).map_err(|error| {
            Trouble::Config(format!("{} ({}).", error, self.path.display())).into()
        })
    }

    fn write(&self, text: &str) -> std::io::Result<()> {
        // Where the file is a link, its target is replaced and the link stays.
        let target = match std::fs::canonicalize(&self.path) {
            Ok(target) => target,
            Err(error) if error.kind() == ErrorKind::NotFound => self.path.clone(),
            Err(error) => return Err(error),
        };
        let directory = target.parent().unwrap_or(Path::new("/"));
        let mut fresh = tempfile::Builder::new()
            .prefix(".profiles.toml.")
            .tempfile_in(directory)?;
        fresh.write_all(text.as_bytes())?;
        fresh.as_file().sync_all()?;
        fresh.persist(&target)?;
        if cfg!(unix) {
            File::open(directory)?.sync_all()?;
        }
        Ok(())
    }
}

/// What `profiles.toml` holds, and what it would after a change.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its text.
    pub before: String,
    /// Its text after the change.
    pub after: String,
    /// What that says.
    pub config: Config,
}

/// Puts `[kind.name]` behind its like.
///
/// # Errors
///
/// A person wrote `kind` in a form that a command cannot add to.
pub fn insert(
    document: &mut DocumentMut,
    kind: &str,
    name: &str,
    mut table: Table,
) -> Result<(), Failure> {
    // Comments in a file that has nothing else are about the file: they stay on top.
    let above = match document.iter().next() {
        None => document.trailing().as_str().unwrap_or_default().to_owned(),
        Some(_) => String::new(),
    };
    if !above.is_empty() {
        document.set_trailing("");
    }
    let mut group = Table::new();
    group.set_implicit(true);
    let group = document
        .entry(kind)
        .or_insert(Item::Table(group))
        .as_table_mut()
        .ok_or_else(|| hand_edit(&format!("“{kind}” is written in braces")))?;
    table.decor_mut().set_prefix(format!("{above}\n"));
    group.insert(name, Item::Table(table));
    Ok(())
}

/// A list of texts on one line.
pub fn texts<T: Into<String>>(all: impl IntoIterator<Item = T>) -> Item {
    let array: Array = all.into_iter().map(Into::into).collect();
    value(array)
}

/// Texts by name in braces on one line, so that they stay within the table that they belong to.
pub fn pairs<K: Into<String>, V: Into<String>>(all: impl IntoIterator<Item = (K, V)>) -> Item {
    let mut table = InlineTable::new();
    for (name, text) in all {
        table.insert(name.into(), text.into().into());
    }
    value(table)
}

/// Takes `[kind.name]` out, but not the comments above it: they may be about the file.
///
/// # Errors
///
/// None yet: what is not there is as good as taken out.
pub fn remove(document: &mut DocumentMut, kind: &str, name: &str) -> Result<(), Failure> {
    let removed = document
        .get_mut(kind)
        .and_then(Item::as_table_like_mut)
        .and_then(|group| group.remove(name));
    let Some(Item::Table(removed)) = removed else {
        return Ok(());
    };
    let comments = removed.decor().prefix().and_then(RawString::as_str);
    let Some(comments) = comments.filter(|text| text.contains('#')) else {
        return Ok(());
    };
    let comments = comments.to_owned();
    match next(document.as_table_mut(), removed.position()) {
        Some(next) => prefix(next.decor_mut(), &comments),
        None => {
            let rest = document.trailing().as_str().unwrap_or_default();
            let trailing = format!("{comments}{rest}");
            document.set_trailing(trailing);
        }
    }
    Ok(())
}

fn prefix(decor: &mut toml_edit::Decor, comments: &str) {
    let own = decor.prefix().and_then(RawString::as_str).unwrap_or("\n");
    let both = format!("{comments}{own}");
    decor.set_prefix(both);
}

/// The first table that is written after that position.
fn next(table: &mut Table, after: Option<isize>) -> Option<&mut Table> {
    fn all<'a>(table: &'a mut Table, found: &mut Vec<&'a mut Table>) {
        if table.is_implicit() {
            let tables = table.iter_mut().filter_map(|(_, item)| item.as_table_mut());
            tables.for_each(|table| all(table, found));
        } else {
            found.push(table);
        }
    }
    let mut found = Vec::new();
    let tables = table.iter_mut().filter_map(|(_, item)| item.as_table_mut());
    tables.for_each(|table| all(table, &mut found));
    found
        .into_iter()
        .filter(|table| table.position() > after)
        .min_by_key(|table| table.position())
}

/// Keeps out other commands, not editors: those are seen by nobody.
fn lock(directory: &Path) -> std::io::Result<File> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)?;
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.open(directory.join(".profiles.toml.lock"))?;
    lock.lock()?;
    Ok(lock)
}

fn hand_edit(why: &str) -> Failure {
    Trouble::Config(format!(
        "profiles.toml cannot be changed by a command: {why}."
    ))
    .into()
}

fn refused(why: &str) -> Failure {
    Failure {
        code: poolkey_core::failure::Code::Config,
        sentence: format!(
            "profiles.toml stays as it is: {}.",
            why.trim_end_matches('.')
        ),
        remedy: "Run the command again with that put right.".into(),
    }
}

const HEADER: &str = "# Poolkey's logins and profiles: names and ids only, never a secret.\n";

#[cfg(test)]
mod tests;
