//! `poolkey env`, read by the shells and programs that it is for.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::exec::with_keys;
use crate::support::{Home, POOLKEY, Said};

const PROGRAM: &str = "echo \"$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN\"; \
    echo \"$AWS_CREDENTIAL_EXPIRATION $AWS_REGION $POOLKEY_PROFILE\"; env | grep -c ^AWS_PROFILE=";

const READ: &str = "ASIAEXAMPLE a/b+c t+k/n==\n2033-05-18T03:33:20Z eu-west-1 dev\n0\n";

/// A shell that evaluates what is printed, and then starts a program.
fn evaluated(shell: &str, arguments: &[&str], script: &str) {
    let Some(shell) = installed(shell) else {
        return;
    };
    let (home, _) = with_keys();
    let mut command = home.command(&shell);
    command
        .args(arguments)
        .arg(script)
        .env("SHELL", &shell)
        .env("POOLKEY", POOLKEY)
        .env("PROGRAM", PROGRAM)
        .env("AWS_PROFILE", "other");
    let said = Said::of(&mut command);
    assert_eq!(
        (said.out.as_str(), said.err.as_str()),
        (READ, ""),
        "{shell}"
    );
}

fn installed(shell: &str) -> Option<String> {
    let path = format!("/usr/bin/{shell}");
    if fs::exists(&path).unwrap() {
        return Some(path);
    }
    assert!(
        !std::env::var("POOLKEY_REQUIRE_ALL").is_ok_and(|all| all == "1") || shell == "pwsh",
        "{shell} is not installed"
    );
    skipped(&format!("{shell} is not installed"));
    None
}

#[expect(
    clippy::print_stdout,
    reason = "whoever runs the tests is told what was not"
)]
fn skipped(why: &str) {
    println!("SKIPPED: {why}");
}

#[test]
fn bash_and_its_like_evaluate_it() {
    let script =
        r#"set -eu; eval "$("$POOLKEY" env dev --region eu-west-1)"; sh -c "$PROGRAM" || :"#;
    for shell in ["bash", "dash", "zsh", "ksh"] {
        evaluated(shell, &["-c"], script);
    }
}

#[test]
fn fish_sources_it() {
    let script = r#"$POOLKEY env dev --region eu-west-1 | source; sh -c "$PROGRAM"; true"#;
    evaluated("fish", &["--no-config", "-c"], script);
}

#[test]
fn power_shell_invokes_it() {
    let script = r#"& $Env:POOLKEY env dev --region eu-west-1 | Out-String | Invoke-Expression; sh -c $Env:PROGRAM"#;
    evaluated("pwsh", &["-NoProfile", "-Command"], script);
}

/// The values that a shell must not touch, by the words of core.
#[test]
fn no_shell_reads_more_into_a_value_than_it_says() {
    use poolkey_core::environment::{Environment, Shell};
    let odd = "it's \"$(id)\" `id` \\n \\' $HOME !! ~ *\t#;&|<> ‘’ é\nsecond line\\";
    let environment = Environment::default().with("ODD", odd).without("GONE");
    for (shell, words, arguments) in [
        ("bash", Shell::Bash, &["-c"][..]),
        ("dash", Shell::Bash, &["-c"]),
        ("zsh", Shell::Bash, &["-c"]),
        ("ksh", Shell::Bash, &["-c"]),
        ("fish", Shell::Fish, &["--no-config", "-c"]),
        ("pwsh", Shell::PowerShell, &["-NoProfile", "-Command"]),
    ] {
        let Some(path) = installed(shell) else {
            continue;
        };
        let lines = environment.in_words_of(words);
        let script = format!("{}\nprintenv ODD; printenv GONE; true", lines.expose());
        let mut command = Command::new(path);
        command
            .args(arguments)
            .arg(script)
            .env("GONE", "still here");
        let said = Said::of(&mut command);
        assert_eq!(said.out, format!("{odd}\n"), "{shell}: {said:?}");
    }
}

#[test]
fn fish_keeps_a_variable_of_all_its_shells() {
    let Some(fish) = installed("fish") else {
        return;
    };
    let (home, _) = with_keys();
    let script =
        "set -U AWS_PROFILE mine; $POOLKEY env dev | source; set -qU AWS_PROFILE; and echo kept";
    let mut command = home.command(fish);
    command
        .args(["-c", script])
        .env("SHELL", "/usr/bin/fish")
        .env("POOLKEY", POOLKEY);
    assert_eq!(Said::of(&mut command).out, "kept\n");
}

#[test]
fn env_files_are_read_by_python_and_node() {
    let (home, _) = with_keys();
    let said = home.poolkey(&["env", "dev", "--format", "dotenv", "--region", "eu-west-1"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let wanted = json!({
        "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "a/b+c",
        "AWS_SESSION_TOKEN": "t+k/n==", "AWS_CREDENTIAL_EXPIRATION": "2033-05-18T03:33:20Z",
        "POOLKEY_PROFILE": "dev", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
    });
    let bare: BTreeMap<&str, &str> = said
        .out
        .lines()
        .map(|line| line.split_once('=').unwrap())
        .collect();
    assert_eq!(json!(bare), wanted, "docker takes each line as it is");
    let file = home.path().join(".env");
    fs::write(&file, format!("{}ODD='a #b$c\"'\n", said.out)).unwrap();
    let mut wanted = wanted;
    wanted["ODD"] = "a #b$c\"".into();
    let read = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).arg(&file).output();
        let output = output.ok().filter(|output| output.status.success())?;
        serde_json::from_slice::<Value>(&output.stdout).ok()
    };
    let python = "import dotenv, json, sys; print(json.dumps(dotenv.dotenv_values(sys.argv[1])))";
    let node = "const u = require('util'), f = require('fs'); \
        console.log(JSON.stringify(u.parseEnv(f.readFileSync(process.argv[1], 'utf8'))))";
    for (program, arguments) in [("python3", ["-c", python]), ("node", ["-e", node])] {
        match read(program, &arguments) {
            Some(found) => assert_eq!(found, wanted, "{program}"),
            None => skipped(&format!("{program} cannot read .env files here")),
        }
    }
}

#[test]
fn a_step_of_github_actions_gets_them_masked() {
    let (home, _) = with_keys();
    let file = home.path().join("env");
    fs::write(&file, "BEFORE=1\n").unwrap();
    let step = |file: Option<&std::path::Path>| {
        let mut command = home.command(POOLKEY);
        command.args(["env", "dev", "--format", "github"]);
        if let Some(file) = file {
            command.env("GITHUB_ENV", file);
        }
        Said::of(&mut command)
    };
    let said = step(Some(&file));
    assert_eq!(
        said.out,
        "::add-mask::ASIAEXAMPLE\n::add-mask::a/b+c\n::add-mask::t+k/n==\n"
    );
    let text = fs::read_to_string(&file).unwrap();
    let expected = "BEFORE=1\nAWS_ACCESS_KEY_ID<<POOLKEY_END\nASIAEXAMPLE\nPOOLKEY_END\n";
    assert!(text.starts_with(expected), "{text}");
    assert!(
        text.ends_with("POOLKEY_PROFILE<<POOLKEY_END\ndev\nPOOLKEY_END\n"),
        "{text}"
    );
    let said = step(None);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    assert!(said.err.contains("GITHUB_ENV"), "{said:?}");
    let said = step(Some(&home.path().join("nothing")));
    assert_eq!(said.code, Some(78), "{said:?}");
}

#[test]
fn a_program_reads_one_object() {
    let (home, _) = with_keys();
    let said = home.poolkey(&["env", "dev", "--format", "json"]);
    let read: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(read["AWS_SESSION_TOKEN"], "t+k/n==");
    assert_eq!(read["AWS_PROFILE"], Value::Null);
    assert!(
        read.as_object()
            .unwrap()
            .contains_key("AWS_WEB_IDENTITY_TOKEN_FILE")
    );
}

#[test]
fn a_shell_that_is_not_known_is_not_guessed_at() {
    let (home, asked) = with_keys();
    let mut command = home.command(POOLKEY);
    let said = Said::of(command.args(["env", "dev"]).env("SHELL", "/bin/tcsh"));
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
    assert!(
        said.err.contains("/bin/tcsh") && said.err.contains("--format"),
        "{said:?}"
    );
    assert_eq!(asked.all(), []);
}

/// The older way stays as it was.
#[test]
fn credentials_in_lines() {
    let (home, _) = with_keys();
    let said = home.poolkey(&["credentials", "dev", "--format", "env"]);
    assert_eq!(
        said.out,
        "export AWS_ACCESS_KEY_ID='ASIAEXAMPLE'\nexport AWS_SECRET_ACCESS_KEY='a/b+c'\n\
         export AWS_SESSION_TOKEN='t+k/n=='\nexport AWS_CREDENTIAL_EXPIRATION='2033-05-18T03:33:20Z'\n"
    );
    let alone = Home::new();
    assert_eq!(alone.poolkey(&["env", "dev"]).code, Some(69));
}
