//! The forms of each kind of login and profile.

use super::{Visit, each, go};
use crate::sign_in::asks;
use crate::window::Window;

pub(crate) fn every_kind_of_login_and_profile(visit: Visit) {
    each(visit, asks(serde_json::json!({})), |world, tour| {
        world.configure(&tour.in_language(&format!("{}{ALL}", world.usual_config())));
        let window = Window::open(world, &[]);
        window.element("#guests");
        tour.stop(&window, "main-kinds");
        for (page, name) in [
            ("edit_login/browser", "main-edit-login-browser"),
            ("edit_login/google", "main-edit-login-oidc"),
            ("edit_login/ci", "main-edit-login-command"),
            ("edit_profile/public", "main-edit-profile-guest"),
            ("edit_profile/classic", "main-edit-profile-classic"),
            ("edit_profile/prod", "main-edit-profile-role"),
        ] {
            go(&window, page);
            let name_field = page.split_once('/').unwrap().1;
            window.element(&format!("[name=name][value='{name_field}'], [name=name]"));
            window.run("for (const more of document.querySelectorAll('details')) more.open = true");
            tour.stop(&window, name);
        }
    });
}

const ALL: &str = r#"
[login.browser]
user_pool_id = "us-east-1_AbCdEf123"
client_id = "1example23456789"
domain = "acme.auth.us-east-1.amazoncognito.com"
redirect_uris = ["http://localhost:8400/callback", "http://127.0.0.1:9379/callback"]
scopes = ["openid", "email"]
identity_provider = "Google"
logout_uri = "http://localhost:8400/signed-out"
session_life = "30d"

[login.google]
issuer = "https://accounts.google.com"
client_id = "1example23456789.apps.googleusercontent.com"
parameters = { access_type = "offline", prompt = "consent" }

[login.ci]
token_command = ["/usr/bin/gcloud", "auth", "print-identity-token"]
issuer = "https://accounts.google.com"

[profile.public]
identity_pool_id = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"

[profile.classic]
login = "browser"
identity_pool_id = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"
flow = "classic"
role_arn = "arn:aws:iam::123456789012:role/Developers"
session_name = "ada"
duration = "12h"

[profile.prod]
source_profile = "dev"
role_arn = "arn:aws:iam::210987654321:role/teams/Deploy"
external_id = "example"
tags = { team = "x" }
transitive_tags = ["team"]
"#;
