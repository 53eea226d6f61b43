//! What users and administrators do with devices.

use serde_json::{Value, json};

use super::remembered;
use crate::{
    clock::Moment,
    device::Devices,
    play::{Kept, Play, refused},
    srp::{Verifier, device_secret},
};

#[test]
fn what_users_do_with_devices() {
    let (mut play, kept) = remembered(true);
    let token = access(&mut play, &kept);
    let own = json!({ "AccessToken": token, "DeviceKey": kept.key });
    let named = json!({ "UserPoolId": play.seeded.user_pool_id, "Username": "alice", "DeviceKey": kept.key });
    for (operation, request) in [("GetDevice", &own), ("AdminGetDevice", &named)] {
        let device = play.call(operation, request).expect("a device");
        assert_eq!(device["Device"]["DeviceKey"], kept.key);
        let attributes = device["Device"]["DeviceAttributes"].to_string();
        assert!(attributes.contains(r#""Value":"desk""#), "{attributes}");
        assert!(
            attributes.contains(r#""Value":"remembered""#),
            "{attributes}"
        );
    }
    let mut status = own.clone();
    status["DeviceRememberedStatus"] = json!("perhaps");
    assert_eq!(
        refused(play.call("UpdateDeviceStatus", &status)).0,
        "InvalidParameterException"
    );
    status["DeviceRememberedStatus"] = json!("not_remembered");
    play.call("UpdateDeviceStatus", &status).expect("changed");
    let device = play.call("GetDevice", &own).expect("a device").to_string();
    assert!(device.contains("not_remembered"), "{device}");
    for (operation, request) in [("ListDevices", &own), ("AdminListDevices", &named)] {
        let list = play.call(operation, request).expect("a list");
        assert_eq!(list["Devices"][0]["DeviceKey"], kept.key);
        assert!(list["PaginationToken"].is_null());
    }
    play.call("ForgetDevice", &own).expect("forgotten");
    for (operation, request) in [
        ("GetDevice", &own),
        ("UpdateDeviceStatus", &status),
        ("ForgetDevice", &own),
        ("AdminForgetDevice", &named),
    ] {
        assert_eq!(
            refused(play.call(operation, request)).1,
            "Device does not exist."
        );
    }
}

#[test]
fn a_list_has_pages() {
    let mut play = Play::new(json!({ "pool": { "devices": "always" } }));
    let mut token = Value::Null;
    let mut keys = Vec::new();
    for _ in 0..5 {
        let done = play.sign_in(&json!({})).expect("tokens");
        token = done["AuthenticationResult"]["AccessToken"].clone();
        keys.push(play.confirm(&done).0.key);
    }
    let mut seen = Vec::new();
    let mut page = Value::Null;
    for count in [2, 2, 1] {
        let request = json!({ "AccessToken": token, "Limit": 2, "PaginationToken": page });
        let list = play.call("ListDevices", &request).expect("a list");
        let devices = list["Devices"].as_array().expect("a list");
        assert_eq!(devices.len(), count);
        seen.extend(
            devices
                .iter()
                .map(|d| d["DeviceKey"].as_str().expect("a text").to_owned()),
        );
        page = list["PaginationToken"].clone();
    }
    assert!(page.is_null());
    assert_eq!(seen, keys);
    for wrong in [json!({ "Limit": 61 }), json!({ "PaginationToken": "x" })] {
        let mut request = json!({ "AccessToken": token });
        crate::play::extend(&mut request, &wrong);
        refused(play.call("ListDevices", &request));
    }
}

#[test]
fn what_cannot_be_confirmed() {
    let mut play = Play::new(json!({ "pool": { "devices": "always" } }));
    let done = play.sign_in(&json!({})).expect("tokens");
    let result = &done["AuthenticationResult"];
    let offered = &result["NewDeviceMetadata"];
    let text = |name: &str| offered[name].as_str().expect("a text").to_owned();
    let kept = Kept {
        key: text("DeviceKey"),
        group: text("DeviceGroupKey"),
        password: "x".into(),
    };
    let right = json!({
        "AccessToken": result["AccessToken"],
        "DeviceKey": kept.key,
        "DeviceSecretVerifierConfig": device_secret(kept.who(), "x"),
    });
    for (change, code) in [
        (
            json!({ "DeviceKey": "us-east-1_0" }),
            "ResourceNotFoundException",
        ),
        (json!({ "DeviceName": "" }), "InvalidParameterException"),
        (
            json!({ "DeviceSecretVerifierConfig": {} }),
            "InvalidParameterException",
        ),
        (
            json!({ "DeviceSecretVerifierConfig": { "Salt": "AA==", "PasswordVerifier": "Ag==" } }),
            "InvalidParameterException",
        ),
        (
            json!({ "DeviceSecretVerifierConfig": { "Salt": "AQ==", "PasswordVerifier": "AQ==" } }),
            "InvalidParameterException",
        ),
        (
            json!({ "DeviceSecretVerifierConfig": { "Salt": "AQ==", "PasswordVerifier": "%%" } }),
            "InvalidParameterException",
        ),
        (json!({ "AccessToken": "x" }), "NotAuthorizedException"),
    ] {
        let mut request = right.clone();
        crate::play::extend(&mut request, &change);
        assert_eq!(
            refused(play.call("ConfirmDevice", &request)).0,
            code,
            "{change}"
        );
    }
    play.call("ConfirmDevice", &right).expect("confirmed");
    let id = play.seeded.user_pool_id.clone();
    play.world.pool_mut(&id).expect("the pool").rules.devices = None;
    let refusal = refused(play.call("ConfirmDevice", &right));
    assert_eq!(refusal.0, "InvalidUserPoolConfigurationException");
}

#[test]
fn a_user_has_only_so_many() {
    let mut devices = Devices::default();
    let now = Moment(0);
    let first = devices.offer("r", now).key.clone();
    for _ in 0..Devices::LIMIT {
        devices.offer("r", now);
    }
    assert!(!devices.is_offered(&first));
    assert_eq!(devices.0.len(), Devices::LIMIT);
    let verifier = || Verifier::of_device(&[1], &[2]).expect("a good one");
    for _ in 0..Devices::LIMIT {
        let key = devices.offer("r", now).key.clone();
        devices
            .confirm(&key, verifier(), None, now)
            .expect("confirmed");
    }
    let key = devices.offer("r", now).key.clone();
    assert!(devices.confirm(&key, verifier(), None, now).is_err());
    // One that is confirmed can be confirmed again.
    let known = devices.confirmed().next().expect("one").key.clone();
    devices
        .confirm(&known, verifier(), None, now)
        .expect("confirmed");
}

fn access(play: &mut Play, kept: &Kept) -> Value {
    let asked = play
        .prove(&json!({ "DEVICE_KEY": kept.key }))
        .expect("a question");
    let done = play.by_device(&asked, kept).expect("tokens");
    done["AuthenticationResult"]["AccessToken"].clone()
}
