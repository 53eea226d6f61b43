//! `poolkey-tray`: the tray icon on Linux.

fn main() {}
