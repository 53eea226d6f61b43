//! What a shell says of the way to the network: the daemon has only what `profiles.toml` says.

use std::path::Path;

use crate::doctor::codes::Code;
use crate::doctor::machine::Machine;
use crate::doctor::report::Report;

pub(super) fn examine(machine: &Machine, report: &mut Report) {
    let network = machine.settings().network;
    proxy(
        machine,
        network.proxy.as_ref().map(|proxy| proxy.expose()),
        report,
    );
    authorities(machine, network.ca_bundle.as_deref(), report);
}

/// What it holds of a user and password is nobody's to see.
fn proxy(machine: &Machine, daemons: Option<&str>, report: &mut Report) {
    let shells = machine
        .vars
        .first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
    let Some((variable, shells)) = shells else {
        return;
    };
    let told = match daemons {
        None => {
            "This shell reaches the network by a proxy, and the daemon, which does not see it, \
                 goes without one."
        }
        Some(daemons) if bare(daemons) != bare(shells) => {
            "This shell and profiles.toml name two proxies: tools use the one, the daemon the other."
        }
        Some(_) => return,
    };
    report.bad(
        Code::ProxyElsewhere,
        variable,
        told,
        "Set proxy, and no_proxy where there are exceptions, under [settings] in profiles.toml",
    );
}

/// A proxy as those who name it mean it.
fn bare(url: &str) -> &str {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    url.trim_end_matches('/')
}

fn authorities(machine: &Machine, daemons: Option<&Path>, report: &mut Report) {
    if let Some(path) = daemons
        && !path.is_file()
    {
        report.bad(
            Code::CaBundleMissing,
            "ca_bundle",
            format!(
                "There is no file “{}”: the daemon trusts nobody.",
                machine.shown(path)
            ),
            "Mend ca_bundle under [settings] in profiles.toml",
        );
    }
    let Some(shells) = machine.vars.get("AWS_CA_BUNDLE") else {
        return;
    };
    let path = Path::new(shells);
    if !path.is_file() {
        report.bad(
            Code::CaBundleMissing,
            "AWS_CA_BUNDLE",
            format!("There is no file “{shells}”: tools trust nobody."),
            "unset AWS_CA_BUNDLE",
        );
    } else if daemons != Some(path) {
        report.bad(
            Code::CaBundleElsewhere,
            "AWS_CA_BUNDLE",
            "Tools of this shell trust authorities of their own, and the daemon does not know of \
             that.",
            format!("Set ca_bundle = \"{shells}\" under [settings] in profiles.toml"),
        );
    }
}
