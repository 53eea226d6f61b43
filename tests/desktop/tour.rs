//! Every page in every state, in both languages: for pictures to be taken, and for a look at how
//! accessible they are.

use std::fs;
use std::time::Duration;

use poolkey_core::messages::Language;
use poolkey_tests::{Setup, World, story};
use serde_json::Value;

use crate::window::Window;

mod browser;
mod forms;
mod lent;
mod login;
mod main;

pub(crate) use browser::*;
pub(crate) use forms::*;
pub(crate) use lent::*;
pub(crate) use login::*;
pub(crate) use main::*;

/// What is done at each stop, of that name.
pub(crate) type Visit = fn(&Window, Language, &str);

/// Makes a test of each part of the tour, with these attributes.
macro_rules! tour {
    ($notes:tt $visit:ident) => {
        crate::tour::tour!($notes $visit:
            a_sign_in what_stands_in_the_way an_account a_forgotten_password second_factors
            a_first_sign_in a_first_step_to_choose a_question_of_the_pools_own
            a_browser_elsewhere a_secret_a_set_up_and_a_passkey every_kind_of_login_and_profile
            logins_and_profiles nothing_yet_and_the_first_login what_others_use);
    };
    ($notes:tt $visit:ident: $($name:ident)*) => {
        $(crate::tour::tour!(@one $notes $visit $name);)*
    };
    (@one [$($note:tt)*] $visit:ident $name:ident) => {
        $($note)*
        #[test]
        fn $name() {
            crate::tour::$name($visit);
        }
    };
}
pub(crate) use tour;

/// The tour in one language.
struct Tour {
    language: Language,
    visit: Visit,
}

/// Plays it once in each language.
fn each(visit: Visit, setup: Setup, act: impl Fn(&mut World, &Tour)) {
    for language in [Language::English, Language::Japanese] {
        story(setup.clone(), |world| {
            let tour = Tour { language, visit };
            world.configure(&tour.in_language(&world.usual_config()));
            act(world, &tour);
        });
    }
}

impl Tour {
    fn stop(&self, window: &Window, name: &str) {
        (self.visit)(window, self.language, name);
    }

    /// The configuration, with the language chosen.
    fn in_language(&self, config: &str) -> String {
        format!(
            "[settings]\nlanguage = \"{}\"\n{config}",
            code(self.language)
        )
    }

    /// The text of a key.
    fn say(&self, key: &str) -> String {
        let file = format!("../crates/core/messages/{}.json", code(self.language));
        let text = fs::read_to_string(file).unwrap();
        let catalogue: Value = serde_json::from_str(&text).unwrap();
        catalogue[key].as_str().unwrap().to_owned()
    }
}

/// As in the names of files.
pub(crate) fn code(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Japanese => "ja",
    }
}

/// Closes a window; the program has ended then.
fn leave(window: Window) {
    drop(window);
    std::thread::sleep(Duration::from_secs(1));
}

fn go(window: &Window, page: &str) {
    window.run(&format!("location.hash = '{page}'"));
}

const ENTER: &str = "\u{E007}";
const ESCAPE: &str = "\u{E00C}";
