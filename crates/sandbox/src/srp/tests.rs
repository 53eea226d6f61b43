pub(crate) fn vectors() -> Vec<serde_json::Value> { Vec::new() }
