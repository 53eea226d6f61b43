//! The main window.

use poolkey_ipc::Ask;
use poolkey_tests::{World, until};
use serde_json::json;

use super::{Visit, each, go, leave};
use crate::sign_in::asks;
use crate::window::Window;

pub(crate) fn logins_and_profiles(visit: Visit) {
    each(visit, asks(json!({})), |world, tour| {
        world.configure(&tour.in_language(&several(world)));
        world.sign_in();
        world.keys();
        let window = Window::open(world, &[]);
        window.element(".timeline.good");
        tour.stop(&window, "main-three");
        go(&window, "profile/dev");
        window.element(".snippet");
        tour.stop(&window, "main-profile");
        go(&window, "edit_login/acme");
        window.element("[name=user_pool_id]");
        tour.stop(&window, "main-edit-login");
        go(&window, "edit_profile/dev");
        window.element("[name=identity_pool_id]");
        tour.stop(&window, "main-edit-profile");
        go(&window, "settings");
        window.element("[name=look]");
        tour.stop(&window, "main-settings");
        go(&window, "diagnosis");
        window.element(".note.good");
        tour.stop(&window, "main-diagnosis-well");

        // One login is offline, one is over, one was never begun.
        world.road.cut();
        world.sandbox.revoke_all();
        let renew = Ask::Renew {
            login: "acme".into(),
        };
        world.ask(&renew);
        go(&window, "overview");
        window.element(".pill.wait");
        tour.stop(&window, "main-offline");
        world.road.mend();
        world.ask(&renew);
        window.element(".pill.bad");
        tour.stop(&window, "main-needs-sign-in");
        world.configure("[login.acme]\nuser_pool_id = 7\n");
        go(&window, "diagnosis");
        window.element(".problem");
        tour.stop(&window, "main-diagnosis-findings");
        leave(window);
        world.configure(&tour.in_language(&world.usual_config()));
        world.stop_daemon();
    });
}

pub(crate) fn nothing_yet_and_the_first_login(visit: Visit) {
    each(visit, asks(json!({})), |world, tour| {
        world.configure(&tour.in_language(""));
        until("no login", 5, || world.status().snapshot.logins.is_empty());
        let window = Window::open(world, &[]);
        window.element(".empty");
        tour.stop(&window, "main-empty");
        go(&window, "edit_login");
        window.element("[name=user_pool_id]");
        tour.stop(&window, "main-new-login");
        window.types("name", "acme");
        window.types("user_pool_id", "nonsense");
        window.types("client_id", "1example23456789");
        window.element(".problem");
        tour.stop(&window, "main-new-login-problem");
        window.run(
            r#"const data = new DataTransfer();
               data.items.add(new File(['{"auth":{"user_pool_id":"us-east-1_Dropped01","user_pool_client_id":"dropped23456789"}}'], 'amplify_outputs.json'));
               document.querySelector('.import').dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));"#,
        );
        until("the ids are there", 5, || {
            window.run("return document.querySelector('[name=user_pool_id]').value")
                == "us-east-1_Dropped01"
        });
        tour.stop(&window, "main-new-login-import");
        world.configure(&tour.in_language(&world.usual_config()));
        go(&window, "overview");
        window.element(".card");
        tour.stop(&window, "main-one");
    });
}

/// Three logins, two of them with profiles.
pub(super) fn several(world: &World) -> String {
    let usual = world.usual_config();
    let other = |login: &str, profile: &str| {
        usual
            .replace("login.acme", &format!("login.{login}"))
            .replace("login = \"acme\"", &format!("login = \"{login}\""))
            .replace("profile.dev", &format!("profile.{profile}"))
    };
    let more = usual.replace("profile.dev", "profile.prod");
    let more = more.split_once("[profile").unwrap().1;
    format!(
        "{usual}\n[profile{more}\n{}\n{}",
        other("billing", "billing-readonly"),
        other("staging", "staging"),
    )
}
