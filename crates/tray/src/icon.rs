//! The icon and its menu, as ksni wants to be told of them.

use ksni::menu::{CheckmarkItem, MenuItem, StandardItem, SubMenu};
use ksni::{Category, OfflineReason, Status, ToolTip};
use poolkey_core::menu::{Action, Icon, Item, Menu, Shown, Switch, icon, menu};
use tokio::sync::mpsc::Sender;

use crate::desk::{Event, now};

/// What is in the panel.
pub(crate) struct Tray {
    shown: Shown,
    menu: Menu,
    pixels: Vec<ksni::Icon>,
    events: Sender<Event>,
}

impl Tray {
    pub(crate) fn new(shown: Shown, events: Sender<Event>) -> Self {
        let menu = menu(&shown, now());
        Self {
            pixels: pixels(menu.icon),
            shown,
            menu,
            events,
        }
    }

    /// Shows what is changed, as of now.
    pub(crate) fn show(&mut self, change: impl FnOnce(&mut Shown)) {
        change(&mut self.shown);
        let menu = menu(&self.shown, now());
        if menu.icon != self.menu.icon {
            self.pixels = pixels(menu.icon);
        }
        self.menu = menu;
    }

    fn tell(&self, event: Event) {
        // More clicks than can be kept are of no person.
        let _ = self.events.try_send(event);
    }

    fn chosen(&self, action: Action) {
        self.tell(Event::Chosen(action, ksni::current_xdg_activation_token()));
    }
}

impl ksni::Tray for Tray {
    /// There is nothing but the menu, so a click of either button opens it.
    const MENU_ON_ACTIVATE: bool = true;

    fn id(&self) -> String {
        "poolkey".into()
    }

    fn title(&self) -> String {
        "Poolkey".into()
    }

    fn category(&self) -> Category {
        Category::ApplicationStatus
    }

    fn status(&self) -> Status {
        match self.menu.icon {
            Icon::NeedsSignIn => Status::NeedsAttention,
            Icon::Well | Icon::Waiting | Icon::Nobody => Status::Active,
        }
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.pixels.clone()
    }

    fn attention_icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.pixels.clone()
    }

    fn tool_tip(&self) -> ToolTip {
        ToolTip {
            title: "Poolkey".into(),
            description: self.menu.tooltip.clone(),
            ..ToolTip::default()
        }
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        self.menu.items.iter().map(paint).collect()
    }

    /// The times in it are true again.
    fn menu_about_to_show(&mut self) {
        self.show(|_| {});
        self.tell(Event::Opened);
    }

    fn watcher_online(&self) {
        self.tell(Event::Panel);
    }

    fn watcher_offline(&self, _: OfflineReason) -> bool {
        self.tell(Event::NoPanel);
        // Another panel may come.
        true
    }
}

fn paint(item: &Item) -> MenuItem<Tray> {
    match item {
        Item::Separator => MenuItem::Separator,
        Item::Label(label) => StandardItem {
            label: text(label),
            enabled: false,
            ..StandardItem::default()
        }
        .into(),
        Item::Action(label, action) => {
            let action = action.clone();
            StandardItem {
                label: text(label),
                activate: Box::new(move |tray: &mut Tray| tray.chosen(action.clone())),
                ..StandardItem::default()
            }
            .into()
        }
        Item::Check(label, switch, action) => {
            let action = action.clone();
            CheckmarkItem {
                label: text(label),
                checked: *switch == Switch::On,
                activate: Box::new(move |tray: &mut Tray| tray.chosen(action.clone())),
                ..CheckmarkItem::default()
            }
            .into()
        }
        Item::Submenu(label, items) => SubMenu {
            label: text(label),
            submenu: items.iter().map(paint).collect(),
            ..SubMenu::default()
        }
        .into(),
    }
}

/// A single underscore would mark the access key.
fn text(label: &str) -> String {
    label.replace('_', "__")
}

fn pixels(of: Icon) -> Vec<ksni::Icon> {
    let picture = |size: u32| {
        let side = i32::try_from(size).unwrap_or_default();
        ksni::Icon {
            width: side,
            height: side,
            data: icon::argb(of, size),
        }
    };
    icon::SIZES.map(picture).into()
}
