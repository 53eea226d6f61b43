//! The report that is handed on: every kind of secret stands everywhere, and is nowhere in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use poolkey_core::failure::{Code, Failure};
use poolkey_core::finding::{Finding, Severity};

use super::scene::{Programs, Scene};

/// Secrets by their kinds, each of which stands in each place below.
const SECRETS: &[&str] = &[
    "eyJraWQiOiJ4In0.eyJzdWIiOiI3ZDFmIn0.c2lnbmF0dXJlLW9mLWEtdG9rZW4",
    "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiUlNBLU9BRVAifQ.kf9aJ3nQ.x7Yw2Z.pL0q.aa",
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAXZ5P7QHT4WKLMN3R",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "IQoJb3JpZ2luX2VjEJr3aCXVzLWVhc3QtMSJHMEUCIQDk9pW8qTn+4hZsZ0yXw==",
    "1rbdk5onkgjq5n7r0k1mvsj2l5bqc3p8v9t6u4w2x0y1z3a5",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
];

const PEOPLE: &[&str] = &[
    "jane.doe@example.com",
    "jane.doe",
    "7d1f5a0e-1111-4222-8333-abcdefabcdef",
    "123456789012",
    "eu-west-1_AbCdEf123",
    "abcdefghij0123456789",
    "01234567-89ab-cdef-0123-456789abcdef",
    "acme-corp.auth.eu-west-1.amazoncognito.com",
    "Engineering-Admins",
    // Of these only the daemon knows.
    "kowalski",
    "Night-Watch",
];

#[test]
fn no_secret_and_nobodys_name_is_in_it() {
    let programs = Programs::new();
    let mut scene = Scene::new(&programs);
    plant(&mut scene);
    scene.serve();
    let bundle = scene.home.path().join("bundle.json");
    let said = scene.said(&["--bundle", bundle.to_str().unwrap()]);
    assert_eq!(said.code, Some(17), "{said:?}");
    assert!(said.err.contains("bundle.json"), "{said:?}");
    let text = fs::read_to_string(&bundle).unwrap();
    for secret in SECRETS
        .iter()
        .chain(PEOPLE)
        .chain(&["hunter2", "Demo-Passw0rd!", "swordfish"])
    {
        assert!(!text.contains(secret), "{secret} in {text}");
        let lower = secret.to_lowercase();
        assert!(!text.to_lowercase().contains(&lower), "{lower} in {text}");
    }
    // Not in pieces either.
    for secret in SECRETS {
        let piece = &secret[secret.len() / 2 - 6..secret.len() / 2 + 6];
        assert!(!text.contains(piece), "{piece} of {secret} in {text}");
    }
    assert!(
        !text.contains(scene.home.path().to_str().unwrap()),
        "{text}"
    );
    // Nor in what a terminal shows, which names people but no secrets.
    for secret in SECRETS {
        assert!(!said.out.contains(secret), "{secret} in {}", said.out);
    }

    let mode = bundle.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(told["versions"]["poolkey"], super::scene::VERSION);
    assert!(told["findings"].as_array().unwrap().len() > 8);
    assert_eq!(told["profiles.toml"]["login"]["acme"]["flow"], "BROWSER");
    let pool = &told["profiles.toml"]["login"]["acme"]["user_pool_id"];
    assert_eq!(
        *pool, told["status"]["logins"][0]["provider"],
        "the same for the same"
    );
    let section = &told["aws_config"]["sections"][0];
    assert_eq!(section["section"], "profile dev");
    assert_eq!(section["keys"][0], "region");
    assert!(text.contains("listening"), "the log is there: {text}");
    assert!(
        text.contains("(ID token for 50 min)"),
        "no word too many goes: {text}"
    );
}

#[test]
fn a_file_that_is_there_is_left_alone() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    scene.serve();
    let bundle = scene.home.path().join("bundle.json");
    fs::write(&bundle, "mine").unwrap();
    let said = scene.said(&["--bundle", bundle.to_str().unwrap()]);
    assert_ne!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("bundle.json"), "{said:?}");
    assert_eq!(fs::read_to_string(&bundle).unwrap(), "mine");
}

fn plant(scene: &mut Scene) {
    let profiles = format!(
        "# {all}\n[settings]\nproxy = \"http://jane:hunter2@proxy:3128\"\n\n\
         [login.acme]\nuser_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abcdefghij0123456789\"\n\
         flow = \"BROWSER\"\ndomain = \"{domain}\"\nusername = \"jane.doe@example.com\"\n\
         redirect_uris = [\"http://localhost:8400/callback\"]\nparameters = {{ x = \"{jwt}\" }}\n\n\
         [login.ci]\ntoken_command = [\"/opt/bin/token\", \"--password\", \"swordfish\", \"{jwt}\"]\n\n\
         [profile.dev]\nlogin = \"acme\"\n\
         identity_pool_id = \"eu-west-1:01234567-89ab-cdef-0123-456789abcdef\"\n\
         role_arn = \"arn:aws:iam::123456789012:role/Engineering-Admins\"\n",
        all = SECRETS.join(" "),
        domain = "acme-corp.auth.eu-west-1.amazoncognito.com",
        jwt = SECRETS[0],
    );
    scene.write(&scene.home.profiles(), profiles);

    let shim = scene.shim().display().to_string();
    let mut config = format!("[profile dev]\nregion = x\ncredential_process = {shim} dev\n");
    let mut credentials = String::new();
    for (number, secret) in SECRETS.iter().enumerate() {
        config.push_str(&format!(
            "# {secret}\n[profile x{number}]\naws_secret_access_key = {secret}\n\
             credential_process = /opt/x --password swordfish --token {secret}\n\
             [{secret}]\nregion = {secret}\n"
        ));
        credentials.push_str(&format!(
            "[x{number}]\naws_access_key_id = {secret}\naws_secret_access_key = {secret}\n\
             aws_session_token = {secret}\npassword = hunter2\n{secret}=1\n"
        ));
    }
    scene.config(&config);
    scene.credentials(&credentials);

    scene.set("AWS_ACCESS_KEY_ID", SECRETS[3]);
    scene.set("AWS_SECRET_ACCESS_KEY", SECRETS[4]);
    scene.set("AWS_SESSION_TOKEN", SECRETS[5]);
    scene.set("AWS_PROFILE", SECRETS[2]);
    scene.set("HTTPS_PROXY", "http://jane:hunter2@proxy:3128");
    scene.set("BROWSER", format!("firefox-{}", SECRETS[6]));
    scene.set("POOLKEY_LOG", SECRETS[1]);
    scene.set("AWS_CA_BUNDLE", format!("/x/{}", SECRETS[7]));
    scene.set("USER", "jane.doe");

    let log: String = SECRETS
        .iter()
        .map(|secret| {
            format!(
                "2026-01-01T00:00:00Z  INFO poolkeyd: x login=acme said {secret}, token={secret}\n"
            )
        })
        .collect();
    let log = format!(
        "2026-01-01T00:00:00Z  INFO poolkeyd: listening\n{log}password: Demo-Passw0rd!\n\
         user jane.doe@example.com of 123456789012 at https://x/cb?code=swordfish&state=hunter2\n"
    );
    scene.write(&scene.home.path().join("s.start.log"), log);

    scene.login().trouble = Some(Failure {
        code: Code::Service,
        sentence: format!("It said: {}.", SECRETS.join(" ")),
        remedy: format!("Use {}", SECRETS[0]),
    });
    scene.login().user.as_mut().unwrap().username = "kowalski".into();
    scene.login().roles.offered = vec!["arn:aws:iam::123456789012:role/Night-Watch".into()];
    scene.profile().role_arn = Some("arn:aws:iam::123456789012:role/Engineering-Admins".into());
    scene.status().daemon.vault.description =
        format!("vault of kowalski, Night-Watch {}", SECRETS[1]);
    scene.network = vec![Finding {
        code: "endpoint_failing".into(),
        severity: Severity::Warning,
        about: "login acme".into(),
        sentence: format!("It said {}.", SECRETS[5]),
        remedy: Some("Ask jane.doe@example.com".into()),
    }];
}
