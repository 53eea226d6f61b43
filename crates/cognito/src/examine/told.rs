//! What was found, in sentences with a code and a remedy.

use std::collections::BTreeMap;
use std::time::Duration;

use poolkey_core::fault::FaultKind;
use poolkey_core::finding::{Finding, Severity};

use super::calls::{Looked, Outcome};
use crate::network::{Place, Road, Way, authorities};
use crate::transport::Obstacle;

pub(super) fn finding(
    code: &str,
    severity: Severity,
    about: &str,
    sentence: impl Into<String>,
    remedy: Option<&str>,
) -> Finding {
    Finding {
        code: code.to_owned(),
        severity,
        about: about.to_owned(),
        sentence: sentence.into(),
        remedy: remedy.map(str::to_owned),
    }
}

pub(super) fn good(code: &str, about: &str, sentence: impl Into<String>) -> Finding {
    finding(code, Severity::Good, about, sentence, None)
}

pub(super) fn note(
    code: &str,
    about: &str,
    sentence: impl Into<String>,
    remedy: Option<&str>,
) -> Finding {
    finding(code, Severity::Note, about, sentence, remedy)
}

pub(super) fn error(
    code: &str,
    about: &str,
    sentence: impl Into<String>,
    remedy: Option<&str>,
) -> Finding {
    finding(code, Severity::Error, about, sentence, remedy)
}

pub(super) fn not_examined(about: &str) -> Finding {
    let sentence = "There was no time left to look at all of it.";
    let remedy = Some("Examine one login at a time: poolkey doctor LOGIN");
    note("not_examined", about, sentence, remedy)
}

/// Which way out there is, or what stands in it.
pub(super) fn network(road: &Road) -> Vec<Finding> {
    if let Some(obstruction) = road.obstruction() {
        return vec![match obstruction.place {
            Place::Proxy => error("proxy_unusable", NETWORK, obstruction.text, Some(PROXY)),
            Place::CaBundle => error(
                "ca_bundle_unusable",
                CERTIFICATES,
                obstruction.text,
                Some(CA_BUNDLE),
            ),
        }];
    }
    let network = road.network();
    vec![match road.way("https://somewhere.invalid/") {
        _ if network.proxy.is_none() => good(
            "network_direct",
            NETWORK,
            "The network is used without a proxy.",
        ),
        Way::Direct => good(
            "network_direct",
            NETWORK,
            "no_proxy spares all hosts: the proxy is not used.",
        ),
        Way::Proxy(proxy) => {
            let mut spared = network.no_proxy;
            spared.push("this machine".into());
            let sentence = format!(
                "The proxy {proxy} is used, except for {}.",
                spared.join(", ")
            );
            good("network_proxied", NETWORK, sentence)
        }
    }]
}

/// Whose certificates are trusted.
pub(super) fn authorities(road: &Road) -> Vec<Finding> {
    let (native, bundled) = (authorities::native(), road.bundled());
    vec![match (native, bundled) {
        (0, None) => error(
            "authorities_missing",
            CERTIFICATES,
            "This system trusts no certificate authority, so that no TLS connection is made.",
            Some("Install the package ca-certificates, then run: poolkey daemon restart"),
        ),
        (native, None) => good(
            "authorities_trusted",
            CERTIFICATES,
            format!("The {native} certificate authorities of this system are trusted."),
        ),
        (native, Some(bundled)) => good(
            "authorities_trusted",
            CERTIFICATES,
            format!(
                "The {native} certificate authorities of this system are trusted, and {bundled} of \
                 ca_bundle."
            ),
        ),
    }]
}

/// One thing that stands in the way of all, in place of what each has to say of it.
pub(super) fn offline(done: &[&Outcome]) -> Option<Finding> {
    let looked: Vec<&Looked> = done.iter().flat_map(|outcome| &outcome.looked).collect();
    let first = looked.first()?;
    let obstacle = first.seen.obstacle.as_ref()?;
    if !looked
        .iter()
        .all(|looked| looked.seen.obstacle.as_ref() == Some(obstacle))
    {
        return None;
    }
    let why = first.fault.as_ref().map(|fault| fault.text.clone())?;
    let mut hosts: Vec<&str> = looked.iter().map(|looked| &*looked.seen.host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    Some(match (obstacle, &hosts[..]) {
        (Obstacle::Away, [host]) => {
            error("endpoint_unreachable", host, why, Some(remedy(obstacle)))
        }
        (Obstacle::Away, hosts) => {
            let sentence = format!("None of {} endpoints could be reached. {why}", hosts.len());
            error("network_offline", NETWORK, sentence, Some(remedy(obstacle)))
        }
        (obstacle, hosts) => {
            let more = match hosts.len() {
                0 | 1 => String::new(),
                hosts => format!(" The same holds for {} more.", hosts - 1),
            };
            let about = match obstacle {
                Obstacle::Untrusted => CERTIFICATES,
                Obstacle::Settings(_)
                | Obstacle::ProxyAway
                | Obstacle::ProxyAuth
                | Obstacle::ProxyBlocks
                | Obstacle::Away => NETWORK,
            };
            error(
                code(obstacle),
                about,
                format!("{why}{more}"),
                Some(remedy(obstacle)),
            )
        }
    })
}

/// Whether this computer's clock is right, by the quickest answer that told the time.
pub(super) fn clock(done: &[&Outcome]) -> Option<Finding> {
    let looked = done.iter().flat_map(|outcome| &outcome.looked);
    let told = looked.filter_map(|looked| Some((looked.seen.took, looked.ahead?)));
    let (_, ahead) = told.min()?;
    let off = ahead.unsigned_abs();
    if off <= RIGHT {
        let sentence = "This computer's clock agrees with that of the endpoints.";
        return Some(good("clock_right", CLOCK, sentence));
    }
    let which = if ahead > 0 { "behind" } else { "ahead of" };
    Some(finding(
        "clock_wrong",
        Severity::Warning,
        CLOCK,
        format!(
            "This computer's clock is {off} seconds {which} that of the endpoints. Poolkey \
             compensates it; signatures of other tools may be refused."
        ),
        Some("Set the clock by the network: timedatectl set-ntp true"),
    ))
}

/// Each endpoint once, by what was seen of it last and worst.
pub(super) fn endpoints(road: &Road, done: &[&Outcome]) -> Vec<Finding> {
    let mut by_origin: BTreeMap<&str, Vec<&Looked>> = BTreeMap::new();
    for looked in done.iter().flat_map(|outcome| &outcome.looked) {
        let all = by_origin.entry(&looked.seen.origin).or_default();
        all.push(looked);
    }
    by_origin
        .into_iter()
        .map(|(origin, looked)| endpoint(road, origin, &looked))
        .collect()
}

fn endpoint(road: &Road, origin: &str, looked: &[&Looked]) -> Finding {
    let host = looked.first().map_or(origin, |looked| &looked.seen.host);
    let faults = || {
        looked
            .iter()
            .filter_map(|looked| Some((looked, looked.fault.as_ref()?)))
    };
    let obstacles = faults().find_map(|(looked, fault)| {
        let obstacle = looked.seen.obstacle.as_ref()?;
        Some((obstacle, fault))
    });
    if let Some((obstacle, fault)) = obstacles {
        let remedy = Some(remedy(obstacle));
        return error(code(obstacle), host, &fault.text, remedy);
    }
    if let Some((_, fault)) = faults().next() {
        let (code, severity) = if fault.kind == FaultKind::Lost {
            ("endpoint_unreachable", Severity::Error)
        } else {
            ("endpoint_failing", Severity::Warning)
        };
        let remedy = Some("Try again later: it is not for this machine to mend.");
        return finding(code, severity, host, &fault.text, remedy);
    }
    let took = looked.iter().map(|looked| looked.seen.took).min();
    let took = took.unwrap_or_default();
    let way = match road.way(origin) {
        Way::Direct => String::new(),
        Way::Proxy(proxy) => format!(" through the proxy {proxy}"),
    };
    let sentence = format!("It answered{way} in {} ms.", took.as_millis());
    if took <= SLOW {
        return good("endpoint_reachable", host, sentence);
    }
    let remedy = Some("Tools wait for keys so much longer: look at the network, or at the proxy.");
    finding("endpoint_slow", Severity::Warning, host, sentence, remedy)
}

const fn code(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Settings(Place::Proxy) => "proxy_unusable",
        Obstacle::Settings(Place::CaBundle) => "ca_bundle_unusable",
        Obstacle::ProxyAway => "proxy_unreachable",
        Obstacle::ProxyAuth => "proxy_refuses",
        Obstacle::ProxyBlocks => "proxy_blocks",
        Obstacle::Untrusted => "endpoint_untrusted",
        Obstacle::Away => "endpoint_unreachable",
    }
}

/// The line for `profiles.toml`, or the step.
const fn remedy(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Settings(Place::Proxy) | Obstacle::ProxyAway => PROXY,
        Obstacle::ProxyAuth => "[settings] proxy = \"http://USER:PASSWORD@HOST:PORT\"",
        Obstacle::ProxyBlocks => "[settings] no_proxy = [\"HOST\"]",
        Obstacle::Settings(Place::CaBundle) | Obstacle::Untrusted => CA_BUNDLE,
        Obstacle::Away => {
            "Connect to the network; behind a proxy: [settings] proxy = \"http://HOST:PORT\""
        }
    }
}

const NETWORK: &str = "network";
const CERTIFICATES: &str = "certificates";
const CLOCK: &str = "clock";
const PROXY: &str = "[settings] proxy = \"http://HOST:PORT\"";
const CA_BUNDLE: &str = "[settings] ca_bundle = \"/PATH/TO/CA.pem\"";

/// A `Date` has no fractions, and comes with the delay of the network.
const RIGHT: u64 = 30;

/// A tool waits for keys for 5 s at most, and they take two or three calls.
const SLOW: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests;
