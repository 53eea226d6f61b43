//! The files of `~/.aws`: `config` and `credentials`.

mod edit;
mod lines;
mod source;
mod text;

#[cfg(test)]
mod tests;

pub use edit::BadValue;
pub use source::is_source;
pub use text::{Kind, Passage, Refused, Text};
