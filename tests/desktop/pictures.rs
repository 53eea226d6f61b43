//! Pictures of every page in every state, for people to judge and for the README: in both
//! languages, light and dark, at the usual width and at 360 px. `scripts/screenshots` runs this.

use std::fs;
use std::path::PathBuf;

use poolkey_core::messages::Language;

use crate::tour::{code, tour};
use crate::window::Window;

tour!([#[ignore = "scripts/screenshots takes pictures"]] take);

/// Takes the page as it stands, in both looks and widths.
fn take(window: &Window, language: Language, name: &str) {
    let place = std::env::var_os("POOLKEY_SCREENSHOTS");
    let place = PathBuf::from(place.expect("POOLKEY_SCREENSHOTS names a directory"));
    fs::create_dir_all(&place).unwrap();
    for (width, size) in [("narrow", (360, 640)), ("wide", window.usual_size())] {
        window.resizes(size);
        window.points_nowhere();
        for look in ["dark", "light"] {
            window.looks(look);
            window.run("scrollTo(0, 0)");
            window.paints();
            let file = format!("{name}.{}.{look}.{width}.png", code(language));
            fs::write(place.join(file), window.picture()).unwrap();
        }
    }
}
