//! What goes between the program and its pages, told to TypeScript: `ui/src/wire.ts`.
//!
//! `POOLKEY_UPDATE=1 cargo test -p poolkey-desktop wire` writes the file anew.

use std::collections::BTreeMap;
use std::path::Path;

use ts_rs::{Config, TS, TypeVisitor};

use crate::autostart::{AtLogin, Starter};
use crate::commands::ShellName;
use crate::configuration::{Change, Configuration};
use crate::conversation::Turn;
use crate::lent::ConsoleOpened;
use crate::link::Shown;
use crate::session::{InBrowser, SignedOutHere};

#[test]
#[expect(clippy::disallowed_methods, reason = "a test may ask how it is run")]
fn the_pages_know_the_types() {
    let mut wire = Wire {
        config: Config::new().with_large_int("number"),
        found: BTreeMap::new(),
    };
    wire.visit::<Shown>();
    wire.visit::<Turn>();
    wire.visit::<Configuration>();
    wire.visit::<Change>();
    wire.visit::<ShellName>();
    wire.visit::<AtLogin>();
    wire.visit::<Starter>();
    wire.visit::<poolkey_core::conversation::Answer>();
    wire.visit::<poolkey_core::conversation::Goal>();
    wire.visit::<ConsoleOpened>();
    wire.visit::<SignedOutHere>();
    wire.visit::<InBrowser>();
    wire.visit::<poolkey_core::event::SignOutScope>();
    wire.visit::<poolkey_core::event::WhoAmI>();
    wire.visit::<poolkey_core::outputs::Outputs>();
    let text: String = std::iter::once(HEAD.to_owned())
        .chain(
            wire.found
                .into_values()
                .map(|decl| format!("\nexport {decl}\n")),
        )
        .collect();

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/wire.ts");
    if std::env::var_os("POOLKEY_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        known == text,
        "ui/src/wire.ts is stale: {}",
        env!("CARGO_PKG_NAME")
    );
}

struct Wire {
    config: Config,
    found: BTreeMap<String, String>,
}

impl TypeVisitor for Wire {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if T::output_path().is_some() {
            let name = T::ident(&self.config);
            if self.found.contains_key(&name) {
                return;
            }
            self.found.insert(name, T::decl(&self.config));
        }
        T::visit_dependencies(self);
    }
}

const HEAD: &str = "// What goes between the program and its pages. Written by a test: see src-tauri/src/wire.rs.\n";
