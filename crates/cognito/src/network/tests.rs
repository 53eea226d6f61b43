use poolkey_core::secret::Secret;

use super::*;

fn network(proxy: Option<&str>, no_proxy: &[&str]) -> Network {
    Network {
        proxy: proxy.map(Secret::new),
        no_proxy: no_proxy.iter().map(|&entry| entry.to_owned()).collect(),
        ca_bundle: None,
    }
}

fn way(network: &Network, url: &str) -> Way {
    let road = Road::default();
    road.lead(network);
    road.way(url)
}

#[test]
fn each_host_has_its_way() {
    let proxied = network(Some("http://u:p@proxy:3128"), &["intranet.example"]);
    let proxy = Way::Proxy("proxy:3128".into());
    for (url, expected) in [
        ("https://sts.us-east-1.amazonaws.com/", &proxy),
        ("https://a.intranet.example/x", &Way::Direct),
        ("http://127.0.0.1:9310/", &Way::Direct),
        ("https://localhost:8443/", &Way::Direct),
    ] {
        assert_eq!(way(&proxied, url), *expected, "{url}");
        assert_eq!(way(&network(None, &[]), url), Way::Direct, "{url}");
    }
    let spared = network(Some("http://proxy:3128"), &["*"]);
    assert_eq!(way(&spared, "https://example.com/"), Way::Direct);
}

#[test]
fn what_cannot_be_used_is_told_by_its_setting() {
    let road = Road::default();
    assert_eq!(road.obstruction(), None);
    for (network, place) in [
        (network(Some("http://a b@proxy"), &[]), Place::Proxy),
        (
            network(Some("http://proxy"), &["10.0.0.0/99"]),
            Place::Proxy,
        ),
        // Though there is no proxy that it could spare: it was meant to say something.
        (network(None, &["10.0.0.0/99"]), Place::Proxy),
        (
            Network {
                ca_bundle: Some("/nowhere/ca.pem".into()),
                ..Network::default()
            },
            Place::CaBundle,
        ),
    ] {
        road.lead(&network);
        assert_eq!(road.obstruction().map(|told| told.place), Some(place));
        assert_eq!(road.bundled(), None);
    }
    road.lead(&network(None, &[]));
    assert_eq!(road.obstruction(), None);
}

#[test]
fn nothing_of_it_is_shown_by_accident() {
    let road = Road::default();
    road.lead(&network(Some("http://ada:s3cret@proxy:3128"), &[]));
    let shown = format!("{road:?} {:?}", road.network());
    assert!(!shown.contains("s3cret"), "{shown}");
}
