//! What people see.

use poolkey_core::failure::{Code, Failure};
use poolkey_ipc::Ask;

use super::scene::{Programs, Scene};

#[test]
fn what_is_bad_comes_first_and_what_is_good_in_a_line_each() {
    let programs = Programs::new();
    let scene = troubled(&programs);
    scene.serve();
    let said = scene.said(&["--offline"]);
    assert_eq!((said.code, said.err.as_str()), (Some(17), ""));
    let told = settled(&scene, &said.out);
    snapbox::assert_data_eq!(told, snapbox::file!["troubled.txt"]);
    for line in said.out.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn a_healthy_home_is_told_in_few_words() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    scene.serve();
    let said = scene.said(&["--offline"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    let told = settled(&scene, &said.out);
    snapbox::assert_data_eq!(told, snapbox::file!["healthy.txt"]);
}

#[test]
fn a_profile_is_told_with_what_each_sdk_takes() {
    let programs = Programs::new();
    let scene = troubled(&programs);
    let asked = scene.serve().unwrap();
    let said = scene.said(&["dev"]);
    let table = said.out.split("\n\n").next().unwrap().to_owned() + "\n";
    snapbox::assert_data_eq!(table, snapbox::file!["takers.txt"]);
    let examine = Ask::Examine {
        login: Some("acme".into()),
    };
    assert!(asked.all().contains(&examine), "{:?}", asked.all());
    assert!(!said.out.contains("login other"), "{said:?}");

    let said = scene.said(&["dev", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(told["takers"][7]["taker"], "dotnet");
    assert_eq!(told["takers"][7]["takes"], "confused");

    let said = scene.said(&["nobody"]);
    assert_eq!(said.code, Some(11), "{said:?}");
}

#[test]
fn colours_are_for_those_who_see_them() {
    let programs = Programs::new();
    let scene = troubled(&programs);
    scene.serve();
    let plain = scene.said(&["--offline"]).out;
    let mut coloured = scene;
    coloured.set("CLICOLOR_FORCE", "1");
    let seen = coloured.said(&["--offline"]).out;
    assert!(seen.contains("\u{1b}[1m\u{1b}[31m✗"), "{seen:?}");
    assert_eq!(anstream::adapter::strip_str(&seen).to_string(), plain);
    coloured.unset("CLICOLOR_FORCE");
    coloured.set("NO_COLOR", "1");
    assert_eq!(coloured.said(&["--offline"]).out, plain);
}

#[test]
fn the_network_is_asked_of_the_daemon_alone() {
    let programs = Programs::new();
    let scene = Scene::new(&programs);
    let asked = scene.serve().unwrap();
    scene.said(&["--offline"]);
    let examined = |ask: &Ask| matches!(ask, Ask::Examine { .. });
    assert!(!asked.all().iter().any(examined));
    scene.said(&[]);
    assert!(asked.all().iter().any(examined));
}

/// What is the same for everybody.
fn settled(scene: &Scene, told: &str) -> String {
    let programs = scene.bin.parent().unwrap().to_str().unwrap();
    let uid = rustix::process::geteuid().as_raw();
    told.replace(programs, "/tmp/programs..")
        .replace(&format!("(uid {uid})"), "(uid …)")
}

fn troubled(programs: &Programs) -> Scene {
    let mut scene = Scene::new(programs);
    scene.credentials("[dev]\naws_access_key_id = A\naws_secret_access_key = S\n");
    scene.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1");
    scene.set("HTTPS_PROXY", "http://proxy.example.com:3128");
    scene.profile().trouble = Some(Failure {
        code: Code::Misconfigured,
        sentence: "No keys for profile “dev”: the role does not trust the identity pool.".into(),
        remedy: "Check the profile's identity pool and role, or ask their administrator.".into(),
    });
    scene
}
