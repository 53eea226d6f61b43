//! Passwords that are forgotten, withdrawn, and changed.

mod desk;
mod running;

use desk::{Desk, Reply, refusal};
use serde_json::{Value, json};

const OLD: &str = "Old-Passw0rd";
const NEW: &str = "New-Passw0rd";

fn desk(mut seed: Value) -> Desk {
    seed["user"]["password"] = json!(OLD);
    Desk::new(&seed)
}

fn forgot(desk: &Desk, name: &str) -> Reply {
    desk.call("ForgotPassword", json!({ "Username": name }))
}

fn reset(desk: &Desk, name: &str, code: &str, password: &str) -> Reply {
    desk.call(
        "ConfirmForgotPassword",
        json!({ "Username": name, "ConfirmationCode": code, "Password": password }),
    )
}

#[test]
fn a_forgotten_password() {
    let desk = desk(json!({}));
    assert_eq!(
        refusal(reset(&desk, "alice", "123456", NEW)),
        "ExpiredCodeException"
    );
    let details = forgot(&desk, "alice").expect("sent");
    assert_eq!(
        details,
        json!({ "CodeDeliveryDetails": {
            "AttributeName": "email", "DeliveryMedium": "EMAIL", "Destination": "a***@e***",
        } })
    );
    assert_eq!(desk.messages()[0]["purpose"], "forgot_password");
    assert_eq!(
        refusal(reset(&desk, "alice", "x", NEW)),
        "CodeMismatchException"
    );
    let code = desk.code();
    // A password that is refused costs neither the code nor an attempt.
    for _ in 0..6 {
        assert_eq!(
            refusal(reset(&desk, "alice", &code, "weak")),
            "InvalidPasswordException"
        );
    }
    desk.sign_in("alice", OLD).expect("still the old one");
    reset(&desk, "alice", &code, NEW).expect("reset");
    assert_eq!(
        refusal(desk.sign_in("alice", OLD)),
        "NotAuthorizedException"
    );
    desk.sign_in("alice", NEW).expect("signed in");
    assert_eq!(
        refusal(reset(&desk, "alice", &code, OLD)),
        "ExpiredCodeException"
    );
}

#[test]
fn a_reset_lifts_a_lockout() {
    let desk = desk(json!({}));
    for _ in 0..8 {
        assert_eq!(
            refusal(desk.sign_in("alice", "wrong")),
            "NotAuthorizedException"
        );
    }
    forgot(&desk, "alice").expect("sent");
    reset(&desk, "alice", &desk.code(), NEW).expect("reset");
    desk.sign_in("alice", NEW).expect("signed in");
}

#[test]
fn reset_codes_end_and_have_limits() {
    let mut desk = desk(json!({}));
    for _ in 0..5 {
        forgot(&desk, "alice").expect("sent");
    }
    let limit = forgot(&desk, "alice").expect_err("refused");
    assert_eq!(
        (&*limit.code, &*limit.message),
        (
            "LimitExceededException",
            "Attempt limit exceeded, please try after some time."
        )
    );
    let code = desk.code();
    desk.wait(3600);
    assert_eq!(
        refusal(reset(&desk, "alice", &code, NEW)),
        "ExpiredCodeException"
    );
    forgot(&desk, "alice").expect("sent");
    for _ in 0..4 {
        assert_eq!(
            refusal(reset(&desk, "alice", "x", NEW)),
            "CodeMismatchException"
        );
    }
    assert_eq!(
        refusal(reset(&desk, "alice", &desk.code(), NEW)),
        "LimitExceededException"
    );
    desk.wait(3601);
    forgot(&desk, "alice").expect("sent");
    reset(&desk, "alice", &desk.code(), NEW).expect("reset");
}

#[test]
fn nobody_learns_who_has_an_account() {
    let hiding = desk(json!({}));
    let details = forgot(&hiding, "nobody").expect("pretended");
    assert_eq!(details, forgot(&hiding, "nobody").expect("pretended"));
    assert_eq!(details["CodeDeliveryDetails"]["AttributeName"], "email");
    assert_eq!(
        refusal(reset(&hiding, "nobody", "123456", NEW)),
        "CodeMismatchException"
    );
    hiding
        .admin("AdminDisableUser", json!({ "Username": "alice" }))
        .expect("disabled");
    forgot(&hiding, "alice").expect("pretended");
    assert_eq!(
        refusal(reset(&hiding, "alice", "123456", NEW)),
        "CodeMismatchException"
    );
    assert_eq!(hiding.messages(), Vec::<Value>::new());

    let naming = desk(json!({ "client": { "hide_strangers": false } }));
    for reply in [
        forgot(&naming, "nobody"),
        reset(&naming, "nobody", "123456", NEW),
    ] {
        let refused = reply.expect_err("refused");
        assert_eq!(
            (&*refused.code, &*refused.message),
            (
                "UserNotFoundException",
                "Username/client id combination not found."
            )
        );
    }
    naming
        .admin("AdminDisableUser", json!({ "Username": "alice" }))
        .expect("disabled");
    for reply in [
        forgot(&naming, "alice"),
        reset(&naming, "alice", "123456", NEW),
    ] {
        assert_eq!(reply.expect_err("refused").message, "User is disabled.");
    }
}

#[test]
fn a_code_goes_to_verified_addresses_only() {
    let unverified = json!({
        "client": { "hide_strangers": false }, "user": { "unconfirmed": true },
    });
    let desk = desk(unverified);
    desk.admin("AdminConfirmSignUp", json!({ "Username": "alice" }))
        .expect("confirmed");
    no_reset(
        &desk,
        "InvalidParameterException",
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
    );
    let verified = json!([{ "Name": "email_verified", "Value": "true" }]);
    let request = json!({ "Username": "alice", "UserAttributes": verified });
    desk.admin("AdminUpdateUserAttributes", request)
        .expect("verified");
    forgot(&desk, "alice").expect("sent");
}

#[test]
fn the_pool_says_where_codes_go() {
    let sent_to = |mechanisms: Value| {
        let setting = json!({ "RecoveryMechanisms": mechanisms });
        let desk = desk(json!({
            "pool": { "aws": { "AccountRecoverySetting": setting } },
            "user": { "phone": "+12025550123" },
        }));
        let details = forgot(&desk, "alice").map_err(|refused| refused.message)?;
        Ok(details["CodeDeliveryDetails"]["AttributeName"].clone())
    };
    let by = |name: &str, priority: i64| json!({ "Name": name, "Priority": priority });
    assert_eq!(sent_to(json!([])), Ok(json!("phone_number")));
    assert_eq!(
        sent_to(json!([by("verified_email", 1)])),
        Ok(json!("email"))
    );
    let both = json!([by("verified_phone_number", 2), by("verified_email", 1)]);
    assert_eq!(sent_to(both), Ok(json!("email")));
    assert_eq!(
        sent_to(json!([by("admin_only", 1)])),
        Err("Contact administrator to reset password.".to_owned())
    );
}

#[test]
fn the_administrator_withdraws_a_password() {
    let desk = desk(json!({}));
    let alice = json!({ "Username": "alice" });
    desk.admin("AdminResetUserPassword", alice.clone())
        .expect("reset");
    assert_eq!(desk.messages()[0]["purpose"], "admin_reset");
    assert_eq!(
        desk.admin("AdminGetUser", alice.clone()).expect("a user")["UserStatus"],
        "RESET_REQUIRED"
    );
    assert_eq!(
        refusal(desk.sign_in("alice", OLD)),
        "PasswordResetRequiredException"
    );
    let first = desk.code();
    forgot(&desk, "alice").expect("a code can be had again");
    if first != desk.code() {
        assert_eq!(
            refusal(reset(&desk, "alice", &first, NEW)),
            "CodeMismatchException"
        );
    }
    reset(&desk, "alice", &desk.code(), NEW).expect("reset");
    desk.sign_in("alice", NEW).expect("signed in");
    assert_eq!(
        desk.admin("AdminGetUser", alice).expect("a user")["UserStatus"],
        "CONFIRMED"
    );
    assert_eq!(
        refusal(desk.admin("AdminResetUserPassword", json!({ "Username": "bob" }))),
        "UserNotFoundException"
    );
}

#[test]
fn a_first_password_is_not_reset() {
    let desk = desk(json!({ "user": { "temporary": true } }));
    no_reset(
        &desk,
        "NotAuthorizedException",
        "User password cannot be reset in the current state.",
    );
}

#[test]
fn a_changed_password() {
    let desk = desk(json!({}));
    let token = desk.token();
    let change = |old: &str, new: &str| {
        let request = json!({
            "AccessToken": token, "PreviousPassword": old, "ProposedPassword": new,
        });
        desk.call("ChangePassword", request)
    };
    let wrong = change("Wrong-Passw0rd", NEW).expect_err("refused");
    assert_eq!(
        (&*wrong.code, &*wrong.message),
        ("NotAuthorizedException", "Incorrect username or password.")
    );
    assert_eq!(refusal(change(OLD, "weak")), "InvalidPasswordException");
    change(OLD, NEW).expect("changed");
    desk.sign_in("alice", NEW).expect("signed in");
    assert_eq!(
        refusal(desk.sign_in("alice", OLD)),
        "NotAuthorizedException"
    );
    // No history is kept.
    change(NEW, NEW).expect("changed");
    change(NEW, OLD).expect("changed");
    assert_eq!(refusal(change(OLD, NEW)), "LimitExceededException");
    desk.sign_in("alice", OLD).expect("the change was refused");
}

/// Neither the user nor the administrator gets a code sent.
fn no_reset(desk: &Desk, code: &str, message: &str) {
    for reply in [
        forgot(desk, "alice"),
        desk.admin("AdminResetUserPassword", json!({ "Username": "alice" })),
    ] {
        let refused = reply.expect_err("refused");
        assert_eq!((&*refused.code, &*refused.message), (code, message));
    }
}
