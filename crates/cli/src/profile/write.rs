//! `poolkey profile write`.

use std::io::Write;

use poolkey_core::config::Config;
use poolkey_core::failure::{Failure, Trouble};
use poolkey_core::name::ProfileName;
use poolkey_ipc::{Client, Place};
use toml_edit::{DocumentMut, Item, RawString, TableLike, value};

use crate::args::WriteArgs;
use crate::aws_files::AwsFiles;
use crate::daemon;
use crate::ending::Ending;
use crate::profiles_file::ProfilesFile;

mod off;

pub(super) fn run(args: &WriteArgs, file: &ProfilesFile, client: &Client) -> Result<(), Ending> {
    let Some(name) = &args.name else {
        return off::all(file, client);
    };
    let config = file.read()?;
    let mut names = config.profiles.keys();
    let Some(name) = names.find(|known| known.as_str() == name) else {
        return Err(Failure::from(Trouble::UnknownProfile(name.clone())).into());
    };
    let before = config.files.get(name);
    let before = before.and_then(|file| file.write_profile.as_ref());
    if args.off {
        return off::one(name, before, file, client);
    }
    let target = match (&args.target, before) {
        (Some(target), _) => target.clone(),
        (None, Some(before)) => before.to_string(),
        (None, None) => format!("{name}-keys"),
    };
    let given = [
        ("write_profile", Some(&target)),
        ("region", args.settings.region.as_ref()),
        ("output", args.settings.output.as_ref()),
    ];
    file.edit(|document| note(document, name, &given))?;
    daemon::reload(file, client)?;
    tell(name, &file.read()?)
}

/// Sets texts of a profile in `profiles.toml`.
pub(crate) fn note(
    document: &mut DocumentMut,
    name: &ProfileName,
    given: &[(&str, Option<&String>)],
) -> Result<(), Failure> {
    let table = table_of(document, name)?;
    for (key, text) in given {
        if let Some(text) = text {
            set(table, key, text);
        }
    }
    Ok(())
}

/// Where the keys of the profile are from then on, if they are written.
pub(super) fn tell(name: &ProfileName, config: &Config) -> Result<(), Ending> {
    let file = config.files.get(name);
    let Some(target) = file.and_then(|file| file.write_profile.as_ref()) else {
        return Ok(());
    };
    let files = &config.settings.aws_files;
    let path = match &files.credentials {
        Some(path) => path.display().to_string(),
        None => "~/.aws/credentials".to_owned(),
    };
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "While there are keys of “{name}”, “{path}” has them as “{target}”, too. “poolkey status” \
         says until when, or what stands in the way."
    )?;
    writeln!(
        out,
        "That is for tools that read files only: the others are better off with “{name}”."
    )?;
    let usual = Place::of_process()?.aws_dir().to_owned();
    let tools = AwsFiles::of_process(files)?;
    let has_settings = file.is_some_and(|file| file.region.is_some() || file.output.is_some());
    for (variable, setting, theirs, ours) in [
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            "aws_credentials_file",
            tools.credentials,
            files
                .credentials
                .clone()
                .unwrap_or(usual.join("credentials")),
        ),
        (
            "AWS_CONFIG_FILE",
            "aws_config_file",
            tools.config,
            files.config.clone().unwrap_or(usual.join("config")),
        ),
    ] {
        let is_written = setting == "aws_credentials_file" || has_settings;
        if is_written && theirs != ours {
            let theirs = theirs.display();
            writeln!(
                out,
                "But {variable} of this shell has tools read “{theirs}”. To have it written there, \
                 put {setting} = \"{theirs}\" under [settings] of “{}”.",
                Place::of_process()?.config_file().display(),
            )?;
        }
    }
    Ok(())
}

fn table_of<'a>(
    document: &'a mut DocumentMut,
    name: &ProfileName,
) -> Result<&'a mut dyn TableLike, Failure> {
    document
        .get_mut("profile")
        .and_then(Item::as_table_like_mut)
        .and_then(|profiles| profiles.get_mut(name.as_str()))
        .and_then(Item::as_table_like_mut)
        .ok_or_else(|| Trouble::UnknownProfile(name.to_string()).into())
}

/// What stands around a value stays: it may be a comment.
fn set(table: &mut dyn TableLike, key: &str, text: &str) {
    let mut item = value(text);
    let around = table.get(key).and_then(Item::as_value);
    if let (Some(around), Some(new)) = (around.map(|old| old.decor().clone()), item.as_value_mut())
    {
        *new.decor_mut() = around;
    }
    match table.get_mut(key) {
        Some(old) => *old = item,
        None => _ = table.insert(key, item),
    }
}

/// Comments above the key and beside it stay in their place: they may be about more.
pub(super) fn unset(
    document: &mut DocumentMut,
    name: &ProfileName,
    key: &str,
) -> Result<(), Failure> {
    let table = table_of(document, name)?;
    let keys: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    let text = |raw: Option<&RawString>| raw.and_then(RawString::as_str).unwrap_or("").to_owned();
    let above = table.key(key).map(|key| text(key.leaf_decor().prefix()));
    let value = table.get(key).and_then(Item::as_value);
    let beside = value.map(|value| text(value.decor().suffix()));
    table.remove(key);

    let lines = above.iter().chain(&beside).flat_map(|text| text.lines());
    let comments: Vec<&str> = lines.map(str::trim).filter(|l| !l.is_empty()).collect();
    if comments.is_empty() {
        return Ok(());
    }
    let at = keys.iter().position(|other| other == key).unwrap_or(0);
    let (before, after) = (&keys[..at], keys.get(at + 1));
    let mut before = before.iter().rev();
    if let Some(last) = before.find(|key| table.get(key).is_some_and(Item::is_value))
        && let Some(value) = table.get_mut(last).and_then(Item::as_value_mut)
    {
        let own = text(value.decor().suffix());
        let all = format!("{own}\n{}", comments.join("\n"));
        value.decor_mut().set_suffix(all);
    } else if let Some(mut next) = after.and_then(|key| table.key_mut(key)) {
        let own = text(next.leaf_decor().prefix());
        let all = format!("{}\n{own}", comments.join("\n"));
        next.leaf_decor_mut().set_prefix(all);
    }
    Ok(())
}
