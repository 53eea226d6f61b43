//! What a shell's environment does to AWS tools, and what of it a daemon does not see.

use std::path::{Path, PathBuf};

use poolkey_core::environment::SHADOWS;
use poolkey_core::time::UnixTime;

use super::codes::Code;
use super::machine::{Content, Machine, State, quoted};
use super::report::Report;

mod container;
mod network;

pub(super) fn examine(machine: &Machine, aws_profiles: &dyn Fn(&str) -> bool, report: &mut Report) {
    let start = report.found.len();
    keys(machine, report);
    if let Some(name) = machine.vars.get(OURS) {
        report.note(
            Code::SetByPoolkey,
            OURS,
            format!("“poolkey exec” or “poolkey env” set the AWS variables here, for “{name}”."),
        );
    } else {
        profile(machine, aws_profiles, report);
        files(machine, report);
        container::examine(machine, report);
    }
    others(machine, report);
    network::examine(machine, report);
    poolkey(machine, report);
    if report.is_clear_since(start) {
        report.good(
            Code::EnvironmentClear,
            "environment",
            "Nothing in it stands before profiles.",
        );
    }
}

/// Keys that every tool takes before it looks at any profile.
fn keys(machine: &Machine, report: &mut Report) {
    let vars = &machine.vars;
    let Some(id) = vars.get("AWS_ACCESS_KEY_ID") else {
        return;
    };
    let unset = "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN";
    let missing = if !vars.has("AWS_SECRET_ACCESS_KEY") {
        Some("AWS_SECRET_ACCESS_KEY")
    } else if id.starts_with("ASIA") && !vars.has("AWS_SESSION_TOKEN") {
        Some("AWS_SESSION_TOKEN")
    } else {
        None
    };
    if let Some(missing) = missing {
        let told = format!("It is set and {missing} is not, so tools stop at it.");
        report.bad(
            Code::EnvironmentKeysIncomplete,
            "AWS_ACCESS_KEY_ID",
            told,
            unset,
        );
        return;
    }
    let ends = vars.first(&["AWS_CREDENTIAL_EXPIRATION", "AWS_SESSION_EXPIRATION"]);
    if let Some((name, ends)) = ends
        && moment(ends).is_some_and(|ends| ends <= machine.now)
    {
        let told =
            "The keys in the environment have expired, and tools take them before any profile.";
        let unset = format!("{unset} {name}");
        report.bad(
            Code::EnvironmentKeysExpired,
            "AWS_ACCESS_KEY_ID",
            told,
            unset,
        );
        return;
    }
    if vars.has(OURS) {
        return;
    }
    let told = "Tools take the keys in the environment before any profile; only --profile of the \
                AWS CLI and, in JavaScript, AWS_PROFILE come first.";
    report.bad(Code::EnvironmentKeys, "AWS_ACCESS_KEY_ID", told, unset);
}

/// The profile that tools take when none is named.
fn profile(machine: &Machine, is_known: &dyn Fn(&str) -> bool, report: &mut Report) {
    let vars = &machine.vars;
    if let (Some(one), Some(other)) = (vars.get("AWS_PROFILE"), vars.get("AWS_DEFAULT_PROFILE"))
        && one != other
    {
        let told = format!(
            "It says “{other}” and AWS_PROFILE says “{one}”, and tools do not agree which counts."
        );
        report.bad(
            Code::ProfileVariablesDiffer,
            "AWS_DEFAULT_PROFILE",
            told,
            "unset AWS_DEFAULT_PROFILE",
        );
    }
    let Some((variable, name)) = vars.first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]) else {
        return;
    };
    let config = machine.config.as_ref().ok();
    let is_ours = config.is_some_and(|config| {
        let targets = config.files.values();
        let mut targets = targets.filter_map(|file| file.write_profile.as_ref());
        config.profiles.keys().any(|known| known.as_str() == name)
            || targets.any(|known| known.as_str() == name)
    });
    match (is_ours, is_known(name)) {
        (true, true) => {}
        (true, false) => report.bad(
            Code::ProfileVariableUnknown,
            variable,
            format!("It names “{name}”, which Poolkey has and AWS tools do not know of."),
            format!("poolkey configure {name}"),
        ),
        (false, false) => report.bad(
            Code::ProfileVariableUnknown,
            variable,
            format!("It names “{name}”, which is no profile: tools stop at it."),
            format!("unset {variable}"),
        ),
        (false, true) if config.is_some_and(|config| config.profiles.is_empty()) => {}
        (false, true) => report.note(
            Code::ProfileVariableElsewhere,
            variable,
            format!("Tools use “{name}”, whose keys are not Poolkey's."),
        ),
    }
}

/// Where tools look for their files, and where the daemon writes them.
fn files(machine: &Machine, report: &mut Report) {
    let settings = machine.settings().aws_files;
    let Some(place) = &machine.place else { return };
    let both = [
        (
            "AWS_CONFIG_FILE",
            "aws_config_file",
            settings.config,
            &machine.aws_config,
            "config",
        ),
        (
            "AWS_SHARED_CREDENTIALS_FILE",
            "aws_credentials_file",
            settings.credentials,
            &machine.aws_credentials,
            "credentials",
        ),
    ];
    for (variable, setting, daemons, shells, name) in both {
        let is_set = machine.vars.has(variable);
        if is_set && matches!(shells.state, State::Absent) {
            let told = format!("There is no file “{}”.", machine.shown(&shells.path));
            report.bad(
                Code::AwsFileMissing,
                variable,
                told,
                format!("unset {variable}"),
            );
            continue;
        }
        let daemons = daemons.unwrap_or_else(|| place.aws_dir().join(name));
        if !same(&daemons, shells) {
            let (theirs, ours) = (machine.shown(&shells.path), machine.shown(&daemons));
            report.bad(
                Code::AwsFilesElsewhere,
                variable,
                format!("Tools of this shell read “{theirs}”, and Poolkey writes “{ours}”."),
                if is_set {
                    format!(
                        "Set {setting} = \"{}\" under [settings] in profiles.toml",
                        shells.path.display()
                    )
                } else {
                    format!("export {variable}={}", quoted(&daemons))
                },
            );
        }
    }
}

fn same(one: &Path, other: &Content) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| PathBuf::from(path));
    one == other.path || real(one) == real(&other.path)
}

fn others(machine: &Machine, report: &mut Report) {
    let vars = &machine.vars;
    if vars.has("AWS_WEB_IDENTITY_TOKEN_FILE") && vars.has("AWS_ROLE_ARN") {
        report.bad(
            Code::WebIdentityVariables,
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "Tools that are given no profile take the role of this token file.",
            "unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN",
        );
    }
    for shadow in SHADOWS.iter().filter(|shadow| OLDER.contains(&shadow.name)) {
        if vars.has(shadow.name) {
            report.bad(
                Code::EnvironmentKeys,
                shadow.name,
                format!("It {}.", shadow.does),
                format!("unset {}", shadow.name),
            );
        }
    }
    for name in vars.beginning("AWS_ENDPOINT_URL") {
        report.note(
            Code::EndpointVariable,
            name,
            "Tools speak with the endpoint that it names, not with AWS's own.",
        );
    }
    for name in [
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "AWS_METADATA_SERVICE_ENDPOINT",
    ] {
        if vars.has(name) {
            report.note(
                Code::MetadataVariable,
                name,
                "Tools that find no keys ask there for those of a machine.",
            );
        }
    }
}

/// What steers Poolkey itself.
fn poolkey(machine: &Machine, report: &mut Report) {
    match machine.vars.get("POOLKEY_NO_START") {
        None | Some("0") => {}
        Some("1") => report.note(
            Code::StartingForbidden,
            "POOLKEY_NO_START",
            "Tools of this shell do not start the daemon when it is not there.",
        ),
        Some(_) => report.bad(
            Code::StartingVariableOdd,
            "POOLKEY_NO_START",
            "It says neither 1 nor 0, and only 1 means anything.",
            "unset POOLKEY_NO_START",
        ),
    }
    for name in machine.vars.beginning("POOLKEY_") {
        if !KNOWN.contains(&name) {
            report.bad(
                Code::PoolkeyVariableUnknown,
                name,
                "Poolkey knows no such variable.",
                format!("unset {name}"),
            );
        }
    }
    if let Some(browser) = machine.vars.get("BROWSER") {
        let program = browser.split([' ', ':']).next().unwrap_or_default();
        let is_there = if program.starts_with('/') {
            Path::new(program).is_file()
        } else {
            !machine.in_path(program).is_empty()
        };
        if !is_there && !program.is_empty() {
            report.bad(
                Code::BrowserMissing,
                "BROWSER",
                format!("There is no program “{program}”, so that sign-ins find no browser."),
                "unset BROWSER",
            );
        }
    }
}

/// A time as any tool writes it, with its zone.
pub(super) fn moment(text: &str) -> Option<UnixTime> {
    let text = text.trim().trim_matches('"');
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(UnixTime::from_secs(time.as_second()))
}

/// Names of keys that some SDKs know beside today's.
const OLDER: &[&str] = &[
    "AWS_ACCESS_KEY",
    "AMAZON_ACCESS_KEY_ID",
    "AWS_SECURITY_TOKEN",
];

/// What Poolkey reads, and what it sets.
const KNOWN: &[&str] = &[
    "POOLKEY_LOG",
    "POOLKEY_NO_START",
    "POOLKEY_PROFILE",
    "POOLKEY_SOCKET",
];

/// What `poolkey exec` and `poolkey env` leave of themselves.
const OURS: &str = "POOLKEY_PROFILE";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_tools_write_them() {
        for text in [
            "1970-01-01T00:01:40Z",
            "1970-01-01T00:01:40+00:00",
            "1970-01-01T09:01:40+09:00",
            "1970-01-01 00:01:40.5Z",
        ] {
            assert_eq!(moment(text), Some(UnixTime::from_secs(100)), "{text}");
        }
        for text in ["", "never", "1970-01-01", "100"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
