//! The windows for everybody: judged by axe-core on every page, in both languages and looks, and
//! used with the keyboard alone, with text twice as large, at 360 px, and without motion.

use std::collections::BTreeSet;
use std::fs;

use poolkey_core::messages::Language;
use poolkey_tests::{story, until};
use serde_json::{Value, json};

use crate::sign_in::asks;
use crate::tour::{code, tour};
use crate::window::Window;

tour!([] judge);

/// No violation of WCAG 2.2 AA nor of axe-core's best practices, no text that is cut, nothing that
/// the keyboard does not reach.
fn judge(window: &Window, language: Language, name: &str) {
    let at = format!("{name} in {}", code(language));
    axe(window, &at);
    headed(window, &at);
    let tall = window.usual_size();
    fits(window, &at);
    window.resizes(tall);
    if !name.ends_with("busy") {
        reached(window, &at);
    }
}

fn axe(window: &Window, at: &str) {
    for look in ["light", "dark"] {
        assert_eq!(violations(window, look), json!([]), "{at}, {look}");
    }
    window.looks("light");
}

/// What axe-core finds. In the dark only colours differ.
fn violations(window: &Window, look: &str) -> Value {
    if window.run("return 'axe' in window") == json!(false) {
        let axe = fs::read_to_string("../ui/node_modules/axe-core/axe.min.js");
        window.run(&axe.expect("npm ci in ui/ brings axe-core"));
    }
    window.looks(look);
    window.paints();
    let only = if look == "dark" { COLOURS } else { RULES };
    window.awaits(&format!(
        "const done = arguments[arguments.length - 1];
         window.axe.run(document, {only}).then(
             found => done(found.violations.map(one => [one.id, one.nodes.map(node => node.html)])),
             thrown => done(String(thrown)))"
    ))
}

const RULES: &str = "{
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: {'target-size': {enabled: true}},
}";
const COLOURS: &str = "{runOnly: {type: 'rule', values: ['color-contrast', 'link-in-text-block']}}";

/// One heading of the first rank, and a title that says the same.
fn headed(window: &Window, at: &str) {
    let heads =
        window.run("return [...document.querySelectorAll('h1')].map(one => one.textContent)");
    let title = window.run("return document.title");
    assert_eq!(
        heads.as_array().map(Vec::len),
        Some(1),
        "{at}: one heading, not {heads}"
    );
    let said = format!("{} – Poolkey", heads[0].as_str().unwrap());
    assert_eq!(title, said, "{at}");
    let lang = window.run("return document.documentElement.lang");
    assert!(at.ends_with(lang.as_str().unwrap()), "{at}: {lang}");
}

/// At 360 px, and with text of twice the size, nothing runs out of the window to the side.
fn fits(window: &Window, at: &str) {
    window.resizes((360, 640));
    for size in ["", "200%"] {
        window.run(&format!(
            "document.documentElement.style.fontSize = '{size}'"
        ));
        assert_eq!(beyond(window), json!([360, []]), "{at}, text of {size}");
    }
    window.run("document.documentElement.style.fontSize = ''");
}

/// How wide the page is, and what stands beyond the window's sides.
fn beyond(window: &Window) -> Value {
    window.run(
        "const beyond = [...document.querySelectorAll('body *:not(.unseen)')].filter(one => {
             const box = one.getBoundingClientRect();
             return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
         });
         return [document.documentElement.scrollWidth, beyond.map(one => one.outerHTML.slice(0, 200))]",
    )
}

/// The judges are believed because they find what is planted.
#[test]
fn what_is_wrong_is_found() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        window.run(
            "document.querySelector('label').remove();
             document.querySelector('.lead p').style.color = '#aaa';
             document.querySelector('h1').outerHTML = '<h3>Enter your password</h3>'",
        );
        let found = violations(&window, "light").to_string();
        for id in ["label", "color-contrast", "page-has-heading-one"] {
            assert!(found.contains(&format!("\"{id}\"")), "{id}: {found}");
        }
        window.run("document.querySelector('.lead p').style.color = '#222'");
        let found = violations(&window, "dark").to_string();
        assert!(found.contains("color-contrast"), "{found}");
        window.run("document.querySelector('.lead').style.width = '700px'");
        assert_ne!(beyond(&window)[1], json!([]));
    });
}

/// Tab comes to everything that can be used, in the order of the page, and what has the focus is
/// seen to have it.
fn reached(window: &Window, at: &str) {
    let all = window.run(
        "document.activeElement?.blur();
         const all = [...document.querySelectorAll('a[href], button, input, textarea, select, summary, pre[tabindex]')]
             .filter(one => one.tabIndex >= 0 && !one.disabled && one.checkVisibility())
             // Of those that are one choice Tab comes to the chosen one, and arrow keys to the rest.
             .filter(one => one.type !== 'radio' || one.checked);
         all.forEach((one, place) => one.dataset.place = place);
         return all.length",
    );
    let all = all.as_u64().unwrap();
    let mut seen = Vec::new();
    for _ in 0..=all + 1 {
        window.presses(TAB);
        let place = window.run(
            "const one = document.activeElement;
             if (one?.dataset.place === undefined) return null;
             const style = getComputedStyle(one);
             return [Number(one.dataset.place), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]",
        );
        if let Some(place) = place.as_array() {
            assert_eq!(
                place[1],
                json!(true),
                "{at}: the focus is not seen at {place:?}"
            );
            seen.push(place[0].as_u64().unwrap());
        }
    }
    let reached: BTreeSet<u64> = seen.iter().copied().collect();
    assert_eq!(reached.len() as u64, all, "{at}: Tab comes to {seen:?}");
    let start = seen.iter().position(|place| *place == 0).unwrap();
    let round = &seen[start..(start + all as usize).min(seen.len())];
    assert!(round.is_sorted(), "{at}: Tab comes to {seen:?}");
}

#[test]
fn arrow_keys_choose_and_enter_goes_on() {
    story(asks(json!({})), |world| {
        let other = world
            .usual_config()
            .replace("login.acme", "login.other")
            .replace("login = \"acme\"", "login = \"other\"")
            .replace("profile.dev", "profile.more");
        world.configure(&format!("{}\n{other}", world.usual_config()));
        let window = Window::open(world, &["--page", "login"]);
        window.reads("Where do you want to sign in?");
        let focused = || window.run("return document.activeElement.textContent");
        until("the first has the focus", 5, || {
            focused().as_str().unwrap().starts_with("acme")
        });
        window.presses(DOWN);
        assert!(focused().as_str().unwrap().starts_with("other"));
        window.presses(DOWN);
        assert!(focused().as_str().unwrap().starts_with("acme"));
        window.presses(UP);
        window.presses(ENTER);
        window.reads("Enter your password");
        let strong = window.run("return document.querySelector('header strong').textContent");
        assert_eq!(strong, "other");
        assert_eq!(window.focused(), "password");
    });
}

#[test]
fn escape_loses_nothing_that_was_typed() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &[]);
        window.clicks("Add a login");
        window.types("name", "other");
        window.types("user_pool_id", "us-east-1_Typed0001");
        window.presses(ESCAPE);
        window.reads("Overview");
        window.reads("acme");
        window.clicks("Add a login");
        window.reads("What you typed before is still here.");
        let typed = window.run("return document.querySelector('[name=user_pool_id]').value");
        assert_eq!(typed, "us-east-1_Typed0001");
        window.clicks("Start over");
        let typed = window.run("return document.querySelector('[name=user_pool_id]').value");
        assert_eq!(typed, "");
    });
}

/// What was typed while another code is sent stays, and goes as soon as it can.
#[test]
fn a_code_typed_during_a_resend_is_kept() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        window.clicks("Forgot password?");
        window.reads("Reset your password");
        let slow = json!({"operation": "ForgotPassword", "delay_after_ms": 2500});
        world.sandbox.fault(&slow);
        let first = world.sandbox.code_for("alice");
        window.clicks("Send another code");
        assert_eq!(window.focused(), "code");
        until("another code", 5, || {
            world.sandbox.code_for("alice") != first
        });
        window.types("code", &world.sandbox.code_for("alice"));
        assert!(!window.words().contains("Another code is on its way."));
        // Nobody presses anything: it goes as soon as the resend is over.
        window.reads("Choose a new password");
    });
}

/// Whoever asked for another code waits for half a minute, and is told how long.
#[test]
fn another_code_is_not_asked_for_twice_at_once() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        window.clicks("Forgot password?");
        window.reads("Reset your password");
        window.types("code", "00 00");
        window.clicks("Send another code");
        window.reads("Another code is on its way.");
        window.reads("You can ask for one more in 0:2");
        assert!(!window.words().contains("Send another code"));
        let typed = window.run("return document.querySelector('[name=code]').value");
        assert_eq!(typed, "00 00");
    });
}

/// The problem stands below the field, which names it; and the rules that a pool tells are shown
/// while the next password is typed.
#[test]
fn a_problem_is_told_where_it_is_mended() {
    story(asks(json!({})), |world| {
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        window.types("password", "Wrong-Passw0rd-31");
        window.presses(ENTER);
        window.reads("Incorrect username or password.");
        let told = |field: &str, attribute: &str| -> Value {
            window.run(&format!(
                "const field = document.querySelector('[name={field}]:not(.unseen)');
                 return (field.getAttribute('{attribute}') ?? '').split(' ')
                     .map(id => document.getElementById(id)?.textContent ?? '').join(' ').trim()"
            ))
        };
        assert_eq!(
            told("password", "aria-errormessage"),
            "Incorrect username or password."
        );
        assert_eq!(
            told("password", "aria-describedby"),
            "Incorrect username or password."
        );

        window.clicks("Forgot password?");
        window.reads("Reset your password");
        window.types("code", &world.sandbox.code_for("alice"));
        let met = || {
            window.run("return [...document.querySelectorAll('.rules li')].map(one => [one.className, one.innerText.split('\\n')[0]])")
        };
        for (known, password) in ["Aa1!", "aaaaaaaa1!", "Aaaaaaaaa!"].into_iter().enumerate() {
            window.reads("Choose a new password");
            window.types("password", password);
            window.types("again", password);
            window.presses(ENTER);
            until("another rule", 10, || {
                met().as_array().map(Vec::len) == Some(known + 1)
            });
        }
        window.types("password", "Aaaaa1!");
        let words = told("password", "aria-describedby");
        let words = words.as_str().unwrap();
        for rule in [
            "Longer than 4 characters",
            "A capital letter(met)",
            "A digit(met)",
        ] {
            assert!(words.contains(rule), "{rule}: {words}");
        }
        window.types("password", "aaaa");
        let words = told("password", "aria-describedby");
        assert!(
            words.as_str().unwrap().contains("A digit(not yet)"),
            "{words}"
        );
    });
}

/// Somebody who wants no motion sees none.
#[test]
fn motion_is_left_out() {
    story(asks(json!({})), |world| {
        let place = world.home().join("config/gtk-3.0");
        fs::create_dir_all(&place).unwrap();
        let settings = "[Settings]\ngtk-enable-animations=0\n";
        fs::write(place.join("settings.ini"), settings).unwrap();
        let window = Window::open(world, &["--login", "acme"]);
        window.reads("Enter your password");
        let asked = window.run("return matchMedia('(prefers-reduced-motion: reduce)').matches");
        assert_eq!(asked, json!(true));
        world
            .sandbox
            .fault(&json!({"operation": "RespondToAuthChallenge", "delay_after_ms": 3000}));
        window.types("password", world.password());
        window.presses(ENTER);
        window.element(".spinner");
        let turns = window.run(
            "return getComputedStyle(document.querySelector('.spinner')).animationIterationCount",
        );
        assert_eq!(turns, "1");
        let told = window.run("return document.querySelector('main > [role=status]').textContent");
        assert_eq!(told, "Checking the password…");
    });
}

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
const ESCAPE: &str = "\u{E00C}";
const UP: &str = "\u{E013}";
const DOWN: &str = "\u{E015}";
