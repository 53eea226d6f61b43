//! Keys that others use.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use poolkey_ipc::Ask;
use serde_json::json;

use super::{Visit, each, go, leave};
use crate::sign_in::asks;
use crate::window::Window;

pub(crate) fn what_others_use(visit: Visit) {
    each(visit, asks(json!({})), |world, tour| {
        let config = tour.in_language(&world.usual_config());
        world.sign_in();
        world.keys();
        let lend = |name: Option<&str>, seconds| {
            world.ask(&Ask::Grant {
                profile: "dev".into(),
                name: name.map(str::to_owned),
                seconds,
            })
        };
        lend(Some("compose"), None);
        lend(Some("notebook-on-the-old-machine"), Some(36_000));
        lend(None, None);
        let window = Window::open(world, &[]);
        window.element("#grants");
        tour.stop(&window, "main-lent");

        go(&window, "profile/dev");
        window.element("#written");
        // What stands above it has pictures of its own.
        let below = "for (const card of document.querySelectorAll('.page > article')) \
                     card.style.display = card.querySelector('#written') ? '' : 'none'";
        window.run(below);
        tour.stop(&window, "main-not-written");
        world.configure(&config.replace(
            "[profile.dev]\n",
            "[profile.dev]\nwrite_profile = \"dev-keys\"\nregion = \"us-east-1\"\n",
        ));
        window.element("article[aria-labelledby=written] .hint");
        window.paints();
        window.run(below);
        tour.stop(&window, "main-written");
        let file = world.home().join(".aws/credentials");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        world.ask(&Ask::Renew {
            login: "acme".into(),
        });
        window.element("article[aria-labelledby=written] .problem");
        window.run(below);
        tour.stop(&window, "main-not-written-trouble");
        go(&window, "edit_profile/dev");
        window.element("[name=identity_pool_id]");
        window.element("[name=write_profile]");
        let below = "for (const part of document.querySelectorAll('form > :not(details)')) \
                     part.style.display = 'none'";
        window.run(below);
        tour.stop(&window, "main-edit-written");
        leave(window);
        world.configure(&config);
        world.stop_daemon();
    });
}
