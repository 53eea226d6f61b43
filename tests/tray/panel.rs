//! A panel: a StatusNotifierWatcher, and what it finds at the item that registers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use poolkey_core::menu::{Icon, icon};
use poolkey_tests::until;
use zbus::blocking::{Connection, Proxy, connection};
use zbus::zvariant::{OwnedValue, Structure, Value};

/// A panel that shows icons.
pub(crate) struct Panel {
    connection: Connection,
    items: Items,
}

/// The bus names of items, as they registered.
type Items = Arc<Mutex<Vec<String>>>;

struct Watcher(Items);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, service: String) {
        self.0.lock().unwrap().push(service);
    }

    fn register_status_notifier_host(&self, _service: String) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// An item of the menu.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    number: i32,
    pub(crate) label: String,
    pub(crate) enabled: bool,
    pub(crate) checked: Option<bool>,
    pub(crate) children: Vec<Entry>,
}

impl Panel {
    pub(crate) fn open(bus: &str) -> Self {
        let items = Items::default();
        let connection = connection::Builder::address(bus)
            .unwrap()
            .serve_at("/StatusNotifierWatcher", Watcher(items.clone()))
            .unwrap()
            .name("org.kde.StatusNotifierWatcher")
            .unwrap()
            .build()
            .unwrap();
        Self { connection, items }
    }

    /// How many items ever registered.
    pub(crate) fn count(&self) -> usize {
        self.items.lock().unwrap().len()
    }

    /// What one of these icons shows, once the item is there and shows it.
    pub(crate) fn shows(&self, wanted: Icon) {
        until(&format!("the icon says {wanted:?}"), 15, || {
            self.icon() == Some(wanted)
        });
        let status: String = self.property("Status").unwrap();
        let attention = wanted == Icon::NeedsSignIn;
        assert_eq!(
            status,
            if attention {
                "NeedsAttention"
            } else {
                "Active"
            }
        );
    }

    /// What the icon says; `None` where there is none.
    pub(crate) fn icon(&self) -> Option<Icon> {
        let pictures: Vec<(i32, i32, Vec<u8>)> = self.property("IconPixmap")?;
        let sizes: Vec<i32> = pictures.iter().map(|(width, ..)| *width).collect();
        assert_eq!(sizes, [16, 22, 24, 32, 48]);
        let all = [Icon::Well, Icon::NeedsSignIn, Icon::Waiting, Icon::Nobody];
        let found = all.into_iter().find(|known| {
            pictures.iter().all(|(width, height, pixels)| {
                width == height && *pixels == icon::argb(*known, width.unsigned_abs())
            })
        });
        assert!(found.is_some(), "a picture of nothing");
        found
    }

    /// The tooltip's text.
    pub(crate) fn tooltip(&self) -> String {
        type Tip = (String, Vec<(i32, i32, Vec<u8>)>, String, String);
        let (_, _, title, text): Tip = self.property("ToolTip").unwrap();
        assert_eq!(title, "Poolkey");
        text
    }

    /// Opens the menu, as a click does.
    pub(crate) fn menu(&self) -> Vec<Entry> {
        let menu = self.proxy("/MenuBar", "com.canonical.dbusmenu").unwrap();
        let _: bool = menu.call("AboutToShow", &(0,)).unwrap();
        type Layout = (u32, (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>));
        let names: Vec<&str> = Vec::new();
        let (_, root): Layout = menu.call("GetLayout", &(0, -1, names)).unwrap();
        root.2.iter().map(|child| entry(child)).collect()
    }

    /// The labels of the menu, with those of submenus behind them.
    pub(crate) fn labels(&self) -> Vec<String> {
        fn all(entries: &[Entry], found: &mut Vec<String>) {
            for entry in entries {
                found.push(entry.label.clone());
                all(&entry.children, found);
            }
        }
        let mut found = Vec::new();
        all(&self.menu(), &mut found);
        found
    }

    /// Opens the menu and clicks on what has these labels, one within the other.
    pub(crate) fn click(&self, path: &[&str]) {
        let mut entries = self.menu();
        let mut number = 0;
        for label in path {
            let Some(entry) = entries.iter().find(|entry| entry.label.starts_with(label)) else {
                panic!("no “{label}” in {entries:#?}");
            };
            assert!(entry.enabled, "“{label}” cannot be clicked");
            number = entry.number;
            entries = entry.children.clone();
        }
        let menu = self.proxy("/MenuBar", "com.canonical.dbusmenu").unwrap();
        let nothing = Value::from(0_i32);
        let _: () = menu
            .call("Event", &(number, "clicked", nothing, 0_u32))
            .unwrap();
    }

    fn property<T>(&self, name: &str) -> Option<T>
    where
        T: TryFrom<OwnedValue>,
    {
        let item = self.proxy("/StatusNotifierItem", "org.kde.StatusNotifierItem")?;
        let value: OwnedValue = item.get_property(name).ok()?;
        value.try_into().ok()
    }

    fn proxy(&self, path: &'static str, interface: &'static str) -> Option<Proxy<'static>> {
        let name = self.items.lock().unwrap().last()?.clone();
        let proxy = zbus::blocking::proxy::Builder::new(&self.connection)
            .destination(name)
            .unwrap()
            .path(path)
            .unwrap()
            .interface(interface)
            .unwrap()
            .cache_properties(zbus::proxy::CacheProperties::No)
            .build();
        Some(proxy.unwrap())
    }
}

fn entry(value: &Value<'_>) -> Entry {
    let value = match value {
        Value::Value(inner) => inner,
        outer => outer,
    };
    let structure: &Structure<'_> = value.downcast_ref().unwrap();
    let [
        Value::I32(number),
        Value::Dict(properties),
        Value::Array(children),
    ] = structure.fields()
    else {
        panic!("{structure:?}");
    };
    let property = |name: &str| -> Option<OwnedValue> {
        let value: Option<Value<'_>> = properties.get(&name).ok().flatten();
        value.and_then(|value| value.try_to_owned().ok())
    };
    let text = |name| property(name).and_then(|value| String::try_from(value).ok());
    let state = property("toggle-state").and_then(|value| i32::try_from(value).ok());
    Entry {
        number: *number,
        label: text("label").unwrap_or_default().replace("__", "_"),
        enabled: property("enabled").is_none_or(|value| value == OwnedValue::from(true)),
        checked: text("toggle-type").map(|_| state == Some(1)),
        children: children.iter().map(entry).collect(),
    }
}
