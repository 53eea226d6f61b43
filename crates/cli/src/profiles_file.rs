//! Changing `profiles.toml` without losing what a person wrote into it.

pub(crate) use poolkey_ipc::profiles_file::{ProfilesFile, insert, pairs, remove, texts};
