//! The files of `~/.aws`: `config` and `credentials`.

mod edit;
mod lines;
mod text;

#[cfg(test)]
mod tests;

pub use edit::BadValue;
pub use text::{Kind, Passage, Refused, Text};
