//! The main window: what it shows, and what can be done there.

use std::fs;

use poolkey_core::snapshot::LoginState;
use poolkey_tests::{story, until};
use serde_json::json;

use crate::sign_in::asks;
use crate::window::Window;

#[test]
fn logins_and_profiles_are_shown_renewed_and_signed_out() {
    story(asks(json!({})), |world| {
        world.sign_in();
        let keys = world.keys();
        let window = Window::open(world, &[]);
        window.reads("Signed in");
        window.reads("alice@example.com");
        window.reads("Good for");
        window.clicks("Renew now");
        until("newer keys", 10, || {
            world.keys().access_key_id != keys.access_key_id
        });
        window.clicks("dev");
        window.reads("credential_process = ");
        window.reads("aws sts get-caller-identity --profile dev");
        window.clicks("Overview");
        window.clicks("Sign out…");
        window.run("document.querySelector('form.note button[type=submit]').click()");
        window.reads("Signed out");
        window.reads("The provider has ended the session");
        assert_eq!(world.login().state, LoginState::SignedOut);
    });
}

#[test]
fn a_login_and_a_profile_are_added_changed_and_removed() {
    story(asks(json!({})), |world| {
        let before = fs::read_to_string(world.config_file()).unwrap();
        let window = Window::open(world, &[]);
        window.clicks("Add a login");
        window.reads("Add a login");
        window.types("name", "other");
        window.types("user_pool_id", "nonsense");
        window.types("client_id", "1example23456789");
        window.reads("us-east-1_AbCdEf123");
        window.reads("user_pool_id looks like");
        window.types("user_pool_id", "us-east-1_Other0001");
        window.clicks("Save");
        window.reads("us-east-1_Other0001");
        window.run("document.querySelectorAll('article.card')[1].querySelector('.link').click()");
        window.reads("Add a profile");
        window.types("name", "more");
        window.types(
            "identity_pool_id",
            "us-east-1:01234567-89ab-cdef-0123-456789abcdef",
        );
        window.clicks("Save");
        window.reads("credential_process = ");
        window.clicks("Edit");
        window.reads("Profile more");
        window.clicks("Remove");
        window.reads("Remove it?");
        let remove = "document.querySelector('[role=alertdialog] .bad').click()";
        window.run(remove);
        window.reads("No profile uses this login yet.");
        window
            .run("document.querySelectorAll('article.card')[1].querySelector('a.button').click()");
        window.reads("Login other");
        window.clicks("Remove");
        window.run(remove);
        window.reads("Overview");
        until("the file is as it was", 5, || {
            fs::read_to_string(world.config_file()).unwrap().trim() == before.trim()
        });
    });
}

/// What is typed into the forms of each kind is what the file says, and comments in it stay.
#[test]
fn every_kind_of_login_and_profile_is_written_down() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &[]);
        // The page goes on by itself once it is saved.
        let written = |page: &str, lines: &[&str]| {
            until("it is saved", 10, || {
                window.run("return location.hash") == page
            });
            until("it is written", 10, || {
                let text = fs::read_to_string(world.config_file()).unwrap();
                lines.iter().all(|line| text.contains(line))
            });
        };
        let choose = |name: &str, value: &str| {
            window.run(&format!(
                "document.querySelector('[data-name={name}][value={value}]').click()"
            ));
        };
        let selects = |name: &str, value: &str| {
            window.run(&format!(
                "const field = document.querySelector('select[name={name}]'); \
                 field.value = '{value}'; \
                 field.dispatchEvent(new Event('change', {{bubbles: true}}))"
            ));
        };

        window.clicks("Add a login");
        window.reads("How do you sign in?");
        choose("way", "browser");
        window.types("name", "managed");
        window.types("user_pool_id", "us-east-1_Other0001");
        window.types("client_id", "1example23456789");
        window.types("domain", "nonsense domain");
        window.element("[name=domain][aria-invalid=true]");
        window.types("domain", "acme.auth.us-east-1.amazoncognito.com");
        window.types(
            "redirect_uris",
            "http://localhost:8400/callback\u{E007}http://127.0.0.1:9379/callback",
        );
        window.clicks("More");
        window.types("scopes", "openid\u{E007}email");
        window.types("parameters", "resource=urn:example");
        window.clicks("Save");
        written(
            "#overview",
            &[
                "domain = \"acme.auth.us-east-1.amazoncognito.com\"",
                "redirect_uris = [\"http://localhost:8400/callback\", \"http://127.0.0.1:9379/callback\"]",
                "scopes = [\"openid\", \"email\"]",
                "parameters = { resource = \"urn:example\" }",
            ],
        );

        window.reads("managed");
        window.run("location.hash = 'edit_login/managed'");
        window.reads("Login managed");
        let way = "return document.querySelector('[data-name=way]:checked').value";
        assert_eq!(window.run(way), "browser");
        window.run("location.hash = 'overview'");
        window.reads("managed");
        window.clicks("Add a login");
        window.reads("How do you sign in?");
        choose("way", "oidc");
        window.types("name", "google");
        window.types("issuer", "https://accounts.google.com");
        window.types("client_id", "desk");
        window.clicks("Save");
        written(
            "#overview",
            &["[login.google]", "issuer = \"https://accounts.google.com\""],
        );

        window.reads("google");
        window.clicks("Add a login");
        window.reads("How do you sign in?");
        choose("way", "command");
        window.types("name", "ci");
        window.types("token_command", "gcloud\u{E007}auth");
        window.element("[name=token_command][aria-invalid=true]");
        window.types(
            "token_command",
            "/usr/bin/gcloud\u{E007}auth\u{E007}print-identity-token",
        );
        window.clicks("Save");
        written(
            "#overview",
            &["token_command = [\"/usr/bin/gcloud\", \"auth\", \"print-identity-token\"]"],
        );

        window.reads("OpenID provider");
        window.run("location.hash = 'edit_profile'");
        window.reads("Where do the keys come from?");
        choose("kind", "guest");
        window.types("name", "public");
        let pool = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";
        window.types("identity_pool_id", pool);
        window.clicks("Save");
        written("#profile/public", &["[profile.public]"]);
        window.reads("none: a guest");

        window.run("location.hash = 'edit_profile/dev'");
        window.reads("Profile dev");
        window.types("role_arn", "arn:aws:iam::123456789012:role/Developer");
        window.clicks("More");
        selects("flow", "classic");
        window.types("duration", "99h");
        window.element("[name=duration][aria-invalid=true]");
        window.types("duration", "12h");
        window.clicks("Save");
        written("#overview", &["flow = \"classic\"", "duration = \"12h\""]);

        window.reads("classic flow");
        window.run("location.hash = 'edit_profile'");
        window.reads("Where do the keys come from?");
        choose("kind", "role");
        selects("source_profile", "dev");
        window.types("name", "prod");
        window.types("role_arn", "arn:aws:iam::210987654321:role/Deploy");
        window.clicks("More");
        window.types("tags", "team=x");
        window.types("transitive_tags", "team");
        window.clicks("Save");
        written(
            "#profile/prod",
            &[
                "source_profile = \"dev\"",
                "tags = { team = \"x\" }",
                "transitive_tags = [\"team\"]",
            ],
        );
        window.reads("Role for the keys of");
        window.run("location.hash = 'overview'");
        window.reads("role Deploy of dev");
        window.reads("Keys that nobody signs in for");

        // Whoever is built upon stays.
        window.run("location.hash = 'edit_profile/dev'");
        window.reads("Profile dev");
        window.clicks("Remove");
        window.run("document.querySelector('[role=alertdialog] .bad').click()");
        window.reads("is used by prod");
    });
}

#[test]
fn the_roles_that_a_login_offers_are_offered() {
    let (deploy, read) = (
        "arn:aws:iam::123456789012:role/Deploy",
        "arn:aws:iam::123456789012:role/Read",
    );
    let seed = json!({
        "pool": {"groups": [
            {"name": "ops", "role_arn": deploy, "precedence": 1},
            {"name": "dev", "role_arn": read, "precedence": 2},
        ]},
        "user": {"groups": ["ops", "dev"]},
    });
    story(asks(seed), |world| {
        world.sign_in();
        let window = Window::open(world, &[]);
        window.run("location.hash = 'edit_profile/dev'");
        window.reads("Profile dev");
        window.reads("Deploy · preferred");
        window.clicks("Read");
        let typed = || window.run("return document.querySelector('[name=role_arn]').value");
        until("it is taken over", 5, || typed() == read);
        let pressed = window.run("return document.querySelector('.chip[aria-pressed=true]').title");
        assert_eq!(pressed, read);
        window.clicks("Deploy");
        until("it is taken over", 5, || typed() == deploy);
    });
}

#[test]
fn ids_are_taken_out_of_a_file_of_amplifys() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &[]);
        window.clicks("Add a login");
        window.reads("Drop amplify_outputs.json");
        window.run(
            r#"const data = new DataTransfer();
               data.items.add(new File(['{"auth":{"user_pool_id":"us-east-1_Dropped01","user_pool_client_id":"dropped23456789"}}'], 'amplify_outputs.json'));
               document.querySelector('.import').dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));"#,
        );
        window.reads("The ids were taken over.");
        let typed = window.run("return document.querySelector('[name=user_pool_id]').value");
        assert_eq!(typed, "us-east-1_Dropped01");
    });
}

#[test]
fn language_and_look_are_chosen() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--page", "settings"]);
        window.reads("Settings");
        let choose = |name: &str, value: &str| {
            window.run(&format!(
                "const field = document.querySelector('[name={name}]'); field.value = '{value}'; \
                 field.dispatchEvent(new Event('change', {{bubbles: true}}))"
            ));
        };
        choose("language", "ja");
        window.reads("設定");
        choose("look", "dark");
        until("it is dark", 5, || {
            window.run("return getComputedStyle(document.body).backgroundColor")
                == "rgb(21, 25, 30)"
        });
        let written = fs::read_to_string(world.config_file()).unwrap();
        assert!(written.contains("language = \"ja\""), "{written}");
        assert!(written.contains("look = \"dark\""), "{written}");
    });
}

#[test]
fn what_is_wrong_is_told() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--page", "diagnosis"]);
        window.reads("Everything is well.");
        world.configure("[login.acme]\nuser_pool_id = 7\n");
        window.reads("profiles.toml line 2");
        world.configure(&world.usual_config());
        window.reads("Everything is well.");
        let pid = world.daemon_pid();
        window.clicks("Restart the daemon");
        let shown = || {
            let words = window.words();
            let (_, rest) = words.split_once('(')?;
            rest.split_once(')')?.0.parse::<u32>().ok()
        };
        until("another daemon", 10, || {
            shown().is_some_and(|shown| shown != pid)
        });
        assert_eq!(shown(), Some(world.status().daemon.pid));
    });
}
