//! Variables of a container credentials endpoint, Poolkey's or another.

use crate::doctor::codes::Code;
use crate::doctor::machine::{Machine, State, read};
use crate::doctor::report::Report;

pub(super) fn examine(machine: &Machine, report: &mut Report) {
    let vars = &machine.vars;
    let uri = vars.first(&[RELATIVE, FULL]);
    let Some((variable, _)) = uri else { return };
    if vars.has(RELATIVE) && vars.has(FULL) {
        report.bad(
            Code::ContainerUrisTwo,
            FULL,
            format!("{RELATIVE} is set, too, and tools take that one."),
            format!("unset {RELATIVE}"),
        );
    }
    token(machine, report);
    if let Some(told) = hides(machine) {
        report.bad(
            Code::ContainerHidden,
            variable,
            told,
            "Name no profile here, and remove the keys of [default], or run the tool by “poolkey exec”",
        );
    } else {
        report.note(
            Code::ContainerVariables,
            variable,
            "Tools that find no other keys ask the endpoint that it names.",
        );
    }
}

/// Profiles come first in every SDK.
fn hides(machine: &Machine) -> Option<String> {
    use poolkey_files::aws::{Kind, Text};
    let vars = &machine.vars;
    if let Some((name, _)) = vars.first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]) {
        return Some(format!(
            "{name} is set, and a profile comes before the endpoint in every SDK."
        ));
    }
    let config = Text::read(Kind::Config, machine.aws_config.bytes()).ok();
    let credentials = Text::read(Kind::Credentials, machine.aws_credentials.bytes()).ok();
    let ways = crate::doctor::sources::Ways::of("default", config.as_ref(), credentials.as_ref());
    (ways.keys() || ways.helper() || ways.others()).then(|| {
        "The profile “default” has keys, and a profile comes before the endpoint in every SDK."
            .to_owned()
    })
}

/// The file goes before the variable in all SDKs but Java's.
fn token(machine: &Machine, report: &mut Report) {
    let Some(path) = machine.vars.get(FILE) else {
        return;
    };
    let content = read(path.as_ref());
    let told = match &content.state {
        State::Absent | State::Dead => "There is no such file".to_owned(),
        State::Unreadable(why) => format!("The file cannot be read: {why}"),
        State::Bytes(bytes) if bytes.is_empty() => "The file is empty".to_owned(),
        State::Bytes(bytes) if bytes.contains(&b'\n') || bytes.contains(&b'\r') => {
            "The token in the file ends with a line end, which some SDKs refuse and others send \
             nothing for"
                .to_owned()
        }
        State::Bytes(_) => return,
    };
    let told = format!("{told}: tools get no keys from the endpoint.");
    report.bad(
        Code::ContainerTokenUnreadable,
        FILE,
        told,
        "Get a new one: poolkey serve --profile PROFILE",
    );
}

const RELATIVE: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
