//! Changes the files that belong to people, and loses nothing of theirs.
//!
//! ```text
//!  aws::Text ─ what a file of `~/.aws` says, line by line; with one profile's keys put or removed
//!  owned     ─ which sections are Poolkey's, and how they go, with a daemon and without one
//!  replace   ─ the old file or the new one, whole, whoever else writes and whatever happens
//! ```
//!
//! No crate that was examined keeps an AWS file as it is: they lose comments, or take the nested
//! `region` of a service for the profile's own. So the lines are read here, as botocore reads them,
//! which is the strictest of all readers: what it would refuse is left alone.

pub mod aws;
pub mod owned;
mod replace;

pub use replace::{Exposure, NotReplaced, replace};
