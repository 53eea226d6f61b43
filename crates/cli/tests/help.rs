//! Every help text, as it is written in `help/`. `SNAPSHOTS=overwrite` writes them anew.

use snapbox::{assert_data_eq, file};

use crate::support::Home;

#[test]
fn help_of_the_shim() {
    assert_data_eq!(Home::new().shim(&["--help"]).out, file!["help/shim.txt"]);
}

#[test]
fn help_of_poolkey() {
    assert_data_eq!(help(&[]), file!["help/poolkey.txt"]);
}

#[test]
fn help_of_configure() {
    assert_data_eq!(help(&["configure"]), file!["help/configure.txt"]);
}

#[test]
fn help_of_token() {
    assert_data_eq!(help(&["token"]), file!["help/token.txt"]);
}

#[test]
fn help_of_console() {
    assert_data_eq!(help(&["console"]), file!["help/console.txt"]);
}

#[test]
fn help_of_login() {
    assert_data_eq!(help(&["login"]), file!["help/login.txt"]);
}

#[test]
fn help_of_logout() {
    assert_data_eq!(help(&["logout"]), file!["help/logout.txt"]);
}

#[test]
fn help_of_doctor() {
    assert_data_eq!(help(&["doctor"]), file!["help/doctor.txt"]);
}

#[test]
fn help_of_status() {
    assert_data_eq!(help(&["status"]), file!["help/status.txt"]);
}

#[test]
fn help_of_profile() {
    let all = [
        help(&["profile"]),
        help(&["profile", "add"]),
        help(&["profile", "list"]),
        help(&["profile", "roles"]),
        help(&["profile", "write"]),
        help(&["profile", "remove"]),
    ];
    assert_data_eq!(all.join("\n"), file!["help/profile.txt"]);
}

#[test]
fn help_of_serve() {
    let all = [
        help(&["serve"]),
        help(&["serve", "list"]),
        help(&["serve", "revoke"]),
    ];
    assert_data_eq!(all.join("\n"), file!["help/serve.txt"]);
}

#[test]
fn help_of_exec() {
    let all = [help(&["exec"]), help(&["env"])];
    assert_data_eq!(all.join("\n"), file!["help/exec.txt"]);
}

#[test]
fn help_of_account() {
    let commands: &[&[&str]] = &[
        &[],
        &["sign-up"],
        &["confirm"],
        &["resend-code"],
        &["forgot-password"],
        &["reset-password"],
        &["change-password"],
        &["show"],
        &["mfa"],
        &["mfa", "show"],
        &["mfa", "prefer"],
        &["mfa", "on"],
        &["mfa", "off"],
        &["mfa", "set-up"],
        &["devices"],
        &["devices", "list"],
        &["devices", "forget"],
        &["verify-attribute"],
    ];
    let all: Vec<String> = commands
        .iter()
        .map(|command| help(&[&["account"], *command].concat()))
        .collect();
    assert_data_eq!(all.join("\n"), file!["help/account.txt"]);
}

#[test]
fn help_of_the_rest() {
    let all = [
        help(&["whoami"]),
        help(&["credentials"]),
        help(&["renew"]),
        help(&["vault", "unlock"]),
        help(&["daemon"]),
        help(&["completions"]),
        help(&["man"]),
    ];
    assert_data_eq!(all.join("\n"), file!["help/rest.txt"]);
}

/// Every code that a failure can have is in the list that people read.
#[test]
fn every_exit_code_is_documented() {
    use poolkey_core::failure::Code;
    let told = help(&[]);
    for code in [
        Code::SignedOut,
        Code::NeedsSignIn,
        Code::UnknownProfile,
        Code::UnknownLogin,
        Code::Config,
        Code::File,
        Code::VaultLocked,
        Code::Vault,
        Code::Offline,
        Code::Service,
        Code::Misconfigured,
        Code::Wrong,
        Code::NoConversation,
        Code::Denied,
        Code::Protocol,
        Code::Busy,
        Code::NoDaemon,
        Code::Other,
    ] {
        let line = format!("\n{:>5}  ", code.exit_code());
        assert!(told.contains(&line), "{code:?}");
    }
}

#[test]
fn completions_and_man_pages_are_written() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = home.poolkey(&["completions", shell]);
        assert_eq!(said.code, Some(0), "{shell}");
        assert!(said.out.contains("credentials"), "{shell}");
        assert!(said.out.contains("forgot-password"), "{shell}");
        assert!(said.out.contains("whoami"), "{shell}");
        assert!(
            !said.out.contains("open-link"),
            "{shell}: nobody types that"
        );
    }
    let pages = home.path().join("man");
    assert_eq!(
        home.poolkey(&["man", pages.to_str().unwrap()]).code,
        Some(0)
    );
    for page in [
        "poolkey.1",
        "poolkey-login.1",
        "poolkey-account-mfa-set-up.1",
        "poolkey-profile-roles.1",
        "poolkey-profile-write.1",
        "poolkey-whoami.1",
        "poolkey-credential-process.1",
    ] {
        let page = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(page.contains(".TH"), "{page}");
    }
    let page = std::fs::read_to_string(pages.join("poolkey.1")).unwrap();
    assert!(page.contains("Exit codes"), "{page}");
    assert!(!pages.join("poolkey-open-link.1").exists());
}

fn help(command: &[&str]) -> String {
    let mut args = command.to_vec();
    args.push("--help");
    let said = Home::new().poolkey(&args);
    assert_eq!((said.err.as_str(), said.code), ("", Some(0)));
    said.out
}
