//! What starts at login, and where that can be seen.

use std::path::{Path, PathBuf};

use poolkey_ipc::autostart::Autostart;
use poolkey_ipc::installed;
use poolkey_ipc::shim::same;

use crate::doctor::codes::Code;
use crate::doctor::machine::Machine;
use crate::doctor::report::Report;

pub(super) fn examine(machine: &Machine, report: &mut Report) {
    surroundings(machine, report);
    let icon = installed(ICON);
    let Ok(autostart) = Autostart::of_process(icon.clone().unwrap_or_default()) else {
        return;
    };
    if let Some(program) = autostart.icon_program() {
        let again = "Switch “start at login” off and on in the icon's menu";
        if is_right(
            machine,
            "the icon",
            &program,
            icon.as_deref(),
            again,
            report,
        ) {
            host(machine, report);
        }
    }
    if let Some(program) = autostart.daemon_program() {
        let again = "Mend ExecStart in poolkeyd.service, then run: systemctl --user daemon-reload";
        let daemon = installed("poolkeyd");
        is_right(
            machine,
            "the daemon",
            &program,
            daemon.as_deref(),
            again,
            report,
        );
    }
}

/// Whether what starts at login is what is installed.
fn is_right(
    machine: &Machine,
    what: &str,
    program: &Path,
    installed: Option<&Path>,
    again: &str,
    report: &mut Report,
) -> bool {
    let about = "start at login";
    let shown = machine.shown(program);
    if !program.is_file() {
        let told = format!("For {what} it starts “{shown}”, which is not there.");
        report.bad(Code::AutostartStale, about, told, again);
        return false;
    }
    if installed.is_some_and(|installed| !same(installed, program)) {
        let told = format!("For {what} it starts “{shown}”, which is of another installation.");
        report.bad(Code::AutostartStale, about, told, again);
        return false;
    }
    report.good(Code::AutostartRight, about, format!("It starts {what}."));
    true
}

/// GNOME shows icons only with an extension.
fn host(machine: &Machine, report: &mut Report) {
    let desktop = machine.vars.get("XDG_CURRENT_DESKTOP").unwrap_or_default();
    let own = machine
        .home
        .as_ref()
        .map(|home| home.join(".local/share/gnome-shell/extensions"));
    let mut places = own
        .into_iter()
        .chain([PathBuf::from("/usr/share/gnome-shell/extensions")]);
    let is_shown = places.any(|place| HOSTS.iter().any(|host| place.join(host).is_dir()));
    if desktop.split(':').any(|name| name == "GNOME") && !is_shown {
        report.bad(
            Code::TrayWithoutHost,
            "icon",
            "GNOME shows no icons by itself, so that Poolkey's is not seen; all else works.",
            "Install the extension “AppIndicator and KStatusNotifierItem Support”",
        );
    }
}

/// Where this machine is inside another.
fn surroundings(machine: &Machine, report: &mut Report) {
    let kernel = crate::doctor::machine::read(Path::new("/proc/sys/kernel/osrelease"));
    let kernel = String::from_utf8_lossy(kernel.bytes()).to_lowercase();
    if machine.vars.has("WSL_DISTRO_NAME") || kernel.contains("microsoft") {
        report.note(
            Code::OnWsl,
            "WSL",
            "Programs of Windows have a Poolkey of their own there: sign in on both sides.",
        );
    }
}

const ICON: &str = if cfg!(target_os = "linux") {
    "poolkey-tray"
} else {
    "poolkey-desktop"
};

const HOSTS: [&str; 2] = [
    "appindicatorsupport@rgcjonas.gmail.com",
    "ubuntu-appindicators@ubuntu.com",
];
