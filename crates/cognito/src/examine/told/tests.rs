use poolkey_core::fault::Fault;

use super::*;
use crate::call::Seen;

fn looked(host: &str, obstacle: Option<Obstacle>, millis: u64, ahead: Option<i64>) -> Looked {
    Looked {
        fault: obstacle
            .as_ref()
            .map(|obstacle| Fault::new(FaultKind::Unreachable, format!("{obstacle:?}."))),
        seen: Seen {
            host: host.to_owned(),
            origin: format!("https://{host}"),
            server: None,
            took: Duration::from_millis(millis),
            obstacle,
        },
        ahead,
    }
}

fn outcome(looked: Vec<Looked>) -> Outcome {
    Outcome {
        looked,
        findings: Vec::new(),
    }
}

fn offline_code(all: &[(&str, Option<Obstacle>)]) -> Option<(String, String)> {
    let all = all
        .iter()
        .map(|(host, obstacle)| outcome(vec![looked(host, obstacle.clone(), 5, None)]));
    let all: Vec<_> = all.collect();
    let found = offline(&all.iter().collect::<Vec<_>>())?;
    assert_eq!(found.severity, Severity::Error);
    assert!(found.remedy.is_some(), "{found:?}");
    Some((found.code, found.about))
}

#[test]
fn what_stands_in_the_way_of_all_is_told_once() {
    let told = |code: &str, about: &str| Some((code.to_owned(), about.to_owned()));
    let both = |obstacle: Obstacle| [("a", Some(obstacle.clone())), ("b", Some(obstacle))];
    assert_eq!(
        offline_code(&both(Obstacle::Away)),
        told("network_offline", "network")
    );
    assert_eq!(
        offline_code(&[("a", Some(Obstacle::Away))]),
        told("endpoint_unreachable", "a"),
        "one that is away may be the one that is wrong"
    );
    assert_eq!(
        offline_code(&both(Obstacle::ProxyAway)),
        told("proxy_unreachable", "network")
    );
    assert_eq!(
        offline_code(&both(Obstacle::ProxyAuth)),
        told("proxy_refuses", "network")
    );
    assert_eq!(
        offline_code(&both(Obstacle::Untrusted)),
        told("endpoint_untrusted", "certificates")
    );
    assert_eq!(offline_code(&[]), None);
    for mixed in [
        [("a", Some(Obstacle::Away)), ("b", None)],
        [("a", None), ("b", Some(Obstacle::Away))],
        [
            ("a", Some(Obstacle::Away)),
            ("b", Some(Obstacle::Untrusted)),
        ],
    ] {
        assert_eq!(offline_code(&mixed), None, "{mixed:?}");
    }
}

/// The quickest answer tells the time best.
#[test]
fn the_clock_is_told_by_the_quickest() {
    let told = |all: Vec<Looked>| clock(&[&outcome(all)]).map(|found| found.code);
    let code = |ahead| told(vec![looked("a", None, 5, Some(ahead))]);
    assert_eq!(code(30).as_deref(), Some("clock_right"));
    assert_eq!(code(-30).as_deref(), Some("clock_right"));
    assert_eq!(code(31).as_deref(), Some("clock_wrong"));
    assert_eq!(code(-31).as_deref(), Some("clock_wrong"));
    let slow_is_late = vec![
        looked("a", None, 5000, Some(40)),
        looked("b", None, 5, Some(0)),
    ];
    assert_eq!(told(slow_is_late).as_deref(), Some("clock_right"));
    assert_eq!(told(vec![looked("a", None, 5, None)]), None);
}

#[test]
fn an_endpoint_is_told_once_and_by_its_worst() {
    let road = Road::default();
    let all = outcome(vec![
        looked("a", None, 90, None),
        looked("a", None, 30, None),
        looked("b", None, 30, None),
        looked("b", Some(Obstacle::Untrusted), 30, None),
        looked("c", None, 2001, None),
    ]);
    let found = endpoints(&road, &[&all]);
    let told: Vec<_> = found
        .iter()
        .map(|found| (found.about.as_str(), found.code.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("a", "endpoint_reachable"),
            ("b", "endpoint_untrusted"),
            ("c", "endpoint_slow"),
        ]
    );
    assert_eq!(found[0].sentence, "It answered in 30 ms.");
}
