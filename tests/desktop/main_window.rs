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
