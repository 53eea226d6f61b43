//! Names under which the daemon is to write keys.

use poolkey_core::name::ProfileName;
use poolkey_files::aws::Kind;
use poolkey_files::owned;

use super::Aws;
use crate::doctor::codes::Code;
use crate::doctor::report::Report;

impl Aws<'_> {
    /// Whether keys of `name` can stand as `target`, and who profits.
    pub(super) fn written(&self, name: &ProfileName, target: &ProfileName, report: &mut Report) {
        let is_foreign = self.credentials.as_ref().and_then(|text| {
            let line = text.line_of(target.as_str())?;
            (!owned::is_owned(text, target.as_str())).then_some((Kind::Credentials, line))
        });
        let ways = self.ways(target.as_str());
        let is_taken = is_foreign.or_else(|| {
            let line = self.config.as_ref()?.line_of(target.as_str())?;
            let shadows = ways.helper_in_config || ways.config_keys || ways.others();
            shadows.then_some((Kind::Config, line))
        });
        match is_taken {
            Some((kind, line)) => report.bad(
                Code::WrittenNameTaken,
                self.place(kind, line),
                format!(
                    "The keys of “{name}” are to be written as “{target}”, and there is something \
                     else by that name: Poolkey leaves it alone."
                ),
                format!("poolkey profile write {name} --as {name}-keys"),
            ),
            None => report.note(
                Code::KeysReadOnce,
                format!("profile {name}"),
                format!(
                    "The files have its keys as “{target}”. boto3, JavaScript, Go, Rust and Java \
                     read them once: a program that runs for long fails when its first keys end, \
                     unless it uses “{name}”."
                ),
            ),
        }
    }
}
