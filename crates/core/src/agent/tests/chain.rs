//! Roles that lead to roles.

use super::desk::*;
use super::guest::{effect_of, told};
use crate::event::{Effect, Event};
use crate::failure::Code;
use crate::fault::FaultKind;
use crate::session::{Fetched, Proof};

/// `dev` of an identity pool, `prod` by its keys, `audit` by those of `prod`, `deep` by those of
/// `audit`; and `side`, which hangs on `dev`, too.
fn chained() -> String {
    let role = |name: &str, source: &str| {
        format!(
            "\n[profile.{name}]\nsource_profile = \"{source}\"\n\
             role_arn = \"arn:aws:iam::123456789012:role/{name}\"\n"
        )
    };
    let roles = [
        role("prod", "dev"),
        role("audit", "prod"),
        role("deep", "audit"),
        // The names' order is not the chain's.
        role("a-side", "dev"),
    ];
    CONFIG.to_owned() + &roles.concat()
}

fn with_chain() -> Desk {
    let mut desk = Desk::new(&chained());
    desk.recalled(Ok(Some(record("refresh-1", Some(false)))));
    desk
}

/// `dev` has fresh keys.
fn with_dev() -> Desk {
    let mut desk = with_chain();
    desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Ok(keys("AKIA-dev")));
    desk.keep_notes();
    desk
}

fn role_keys(id: &str) -> Fetched {
    Fetched {
        identity: None,
        ..keys(id)
    }
}

impl Desk {
    /// Answers the fetch of a role, and says with whose keys it was asked for.
    fn assumed(&mut self, name: &str, result: Result<Fetched, crate::fault::Fault>) -> String {
        let Effect::Fetch {
            profile,
            proof: Proof::Keys(by),
            identity: None,
            ..
        } = effect_of(self, name)
        else {
            panic!("not with keys");
        };
        self.handle(Event::Fetched {
            profile,
            result: result.map(Box::new),
        });
        by.access_key_id.expose().to_owned()
    }
}

#[test]
fn each_hop_is_fetched_with_the_keys_of_the_one_before_it() {
    for (hops, last) in [(1, "prod"), (2, "audit"), (3, "deep")] {
        let mut desk = with_chain();
        let ticket = desk.ask(last);
        desk.nothing_but("Refresh");
        desk.refreshed(Ok(tokens("id-1", None)));
        desk.nothing_but("Fetch");
        assert_eq!(desk.fetched("dev", Ok(keys("AKIA-dev"))).0, "id-1");
        let mut before = "AKIA-dev".to_owned();
        for name in ["prod", "audit", "deep"].iter().take(hops) {
            desk.keep_notes();
            assert_eq!(desk.count("Fetch"), 1, "{:?}", desk.todo);
            desk.waits(ticket);
            let id = format!("AKIA-{name}");
            assert_eq!(desk.assumed(name, Ok(role_keys(&id))), before);
            before = id;
        }
        assert!(desk.document(ticket).contains(&before));
        desk.keep_notes();
        desk.nothing();
    }
}

#[test]
fn the_region_of_sts_is_that_of_the_chains_first_pool() {
    let mut desk = with_dev();
    desk.ask("prod");
    let effect = effect_of(&mut desk, "prod");
    let Effect::Fetch { spec, user, .. } = effect else {
        panic!("{effect:?}");
    };
    assert_eq!(spec.sts.region.as_deref(), Some("eu-west-1"));
    assert_eq!(user, Some(super::desk::user("ann")));
    let config = desk.agent.config();
    let kept = &config.profiles[&"prod".parse().unwrap()];
    assert_eq!(kept.sts.region, None, "nothing was written into it");
}

#[test]
fn one_fetch_of_the_source_serves_all_who_wait() {
    let mut desk = with_chain();
    let names = ["prod", "a-side", "dev", "audit", "prod"];
    let tickets: Vec<u64> = names.iter().map(|name| desk.ask(name)).collect();
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.nothing_but("Fetch");
    assert_eq!(desk.todo.len(), 1);
    desk.fetched("dev", Ok(keys("AKIA-dev")));
    assert_eq!(desk.count("Fetch"), 2, "prod and a-side");
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    desk.assumed("a-side", Ok(role_keys("AKIA-side")));
    desk.assumed("audit", Ok(role_keys("AKIA-audit")));
    for (ticket, name) in tickets.iter().zip(["prod", "side", "dev", "audit", "prod"]) {
        assert!(desk.document(*ticket).contains(&format!("AKIA-{name}")));
    }
}

/// It is the chain's last that tools ask for.
#[test]
fn each_hop_is_renewed_ahead_while_the_last_is_used() {
    let mut desk = with_dev();
    desk.ask("prod");
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    // `dev` itself was asked for at the beginning only.
    let mut fetches = std::collections::BTreeMap::new();
    for minute in 0..24 * 60 {
        if minute % 30 == 0 {
            let ticket = desk.ask("prod");
            assert!(desk.document(ticket).contains("AKIA"), "{minute}");
        }
        desk.pass(MINUTE);
        while let Some(effect) = desk.todo.pop_front() {
            let event = match effect {
                Effect::Refresh { login, .. } => Event::Refreshed {
                    login,
                    result: Ok(Box::new(tokens("id", None))),
                },
                Effect::Keep { login, .. } => Event::Kept {
                    login,
                    result: Ok(()),
                },
                Effect::Fetch { profile, .. } => {
                    *fetches.entry(profile.to_string()).or_insert(0) += 1;
                    Event::Fetched {
                        result: Ok(Box::new(match profile.as_str() {
                            "dev" => keys("AKIA"),
                            _ => role_keys("AKIA"),
                        })),
                        profile,
                    }
                }
                other => panic!("{other:?}"),
            };
            desk.handle(event);
        }
    }
    // Every 35 to 40 minutes.
    assert_eq!(fetches.len(), 2, "{fetches:?}");
    for (name, count) in fetches {
        assert!((36..=41).contains(&count), "{name}: {count}");
    }
}

#[test]
fn a_chain_rests_when_nobody_uses_it() {
    let mut desk = with_dev();
    let ticket = desk.ask("prod");
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    desk.document(ticket);
    let mut fetched = 0;
    for _ in 0..13 * 60 {
        desk.pass(MINUTE);
        while let Some(effect) = desk.todo.pop_front() {
            let event = match effect {
                Effect::Refresh { login, .. } => Event::Refreshed {
                    login,
                    result: Ok(Box::new(tokens("id", None))),
                },
                Effect::Fetch { profile, .. } => {
                    fetched += 1;
                    Event::Fetched {
                        profile,
                        result: Ok(Box::new(role_keys("AKIA"))),
                    }
                }
                other => panic!("{other:?}"),
            };
            desk.handle(event);
        }
    }
    assert!(fetched > 30);
    desk.pass(48 * HOUR);
    desk.nothing();
}

#[test]
fn fresh_keys_of_the_source_need_no_token() {
    let mut desk = with_chain();
    desk.ask("dev");
    let mut short = tokens("id-1", None);
    short.id_life.length = 5 * MINUTE;
    desk.refreshed(Ok(short));
    desk.fetched("dev", Ok(keys("AKIA-dev")));
    desk.keep_notes();
    // The ID token is dead by now, and whoever keeps it alive is of no interest.
    desk.sleep(20 * MINUTE);
    let ticket = desk.ask("prod");
    desk.nothing_but("Fetch");
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    assert!(desk.document(ticket).contains("AKIA-prod"));
}

#[test]
fn what_keeps_the_source_from_its_keys_is_told_in_its_name() {
    let mut desk = with_dev();
    desk.sleep(61 * MINUTE);
    let (prod, audit) = (desk.ask("prod"), desk.ask("audit"));
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.fetched("dev", Err(fault(FaultKind::Misconfigured)));
    for ticket in [prod, audit] {
        assert_eq!(desk.code(ticket), Code::Misconfigured);
        assert!(desk.failure(ticket).sentence.contains("“dev”"));
    }
    // In the middle, and at the end.
    desk.pass(30 * SECOND);
    let audit = desk.ask("audit");
    desk.fetched("dev", Ok(keys("AKIA-dev")));
    desk.assumed("prod", Err(fault(FaultKind::Misconfigured)));
    assert!(desk.failure(audit).sentence.contains("“prod”"));
    assert!(desk.profile("dev").trouble.is_none());
    assert!(desk.profile("prod").trouble.is_some());
    assert!(desk.profile("audit").trouble.is_none());
    desk.pass(30 * SECOND);
    let audit = desk.ask("audit");
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    desk.assumed("audit", Err(fault(FaultKind::Misconfigured)));
    assert!(desk.failure(audit).sentence.contains("“audit”"));
}

#[test]
fn a_source_that_cannot_be_renewed_serves_while_its_keys_work() {
    let mut desk = with_dev();
    // Due for renewal, and good for a quarter of an hour more.
    desk.sleep(45 * MINUTE);
    let ticket = desk.ask("prod");
    desk.fetched("dev", Err(fault(FaultKind::Service)));
    assert_eq!(desk.assumed("prod", Ok(role_keys("AKIA-prod"))), "AKIA-dev");
    assert!(desk.document(ticket).contains("AKIA-prod"));
    // Not to its last second.
    let mut desk = with_dev();
    desk.sleep(59 * MINUTE + 1 * SECOND);
    let ticket = desk.ask("prod");
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.fetched("dev", Err(fault(FaultKind::Service)));
    assert_eq!(desk.code(ticket), Code::Service);
    assert_eq!(desk.count("Fetch"), 0);
    // The user pool being away is no reason either, while the source's keys work.
    let mut desk = with_dev();
    desk.sleep(51 * MINUTE);
    let ticket = desk.ask("prod");
    desk.refreshed(Err(fault(FaultKind::Unreachable)));
    desk.fetched("dev", Err(fault(FaultKind::Unreachable)));
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    assert!(desk.document(ticket).contains("AKIA-prod"));
}

#[test]
fn the_whole_chain_has_one_patience() {
    let mut desk = with_dev();
    desk.sleep(61 * MINUTE);
    let ticket = desk.ask("audit");
    desk.pass(2 * SECOND);
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.fetched("dev", Ok(keys("AKIA-dev2")));
    desk.pass(2 * SECOND);
    desk.waits(ticket);
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    desk.pass(std::time::Duration::from_millis(199));
    desk.waits(ticket);
    desk.pass(std::time::Duration::from_millis(1));
    desk.failure(ticket);
    // What is under way goes on, and is there for the next.
    desk.assumed("audit", Ok(role_keys("AKIA-audit")));
    let again = desk.ask("audit");
    assert!(desk.document(again).contains("AKIA-audit"));
}

#[test]
fn who_leaves_is_not_answered_and_hurries_nobody() {
    let mut desk = with_dev();
    desk.sleep(61 * MINUTE);
    let ticket = desk.ask("prod");
    desk.leave(ticket);
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA-dev2")));
    desk.pass(SECOND);
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    assert_eq!(desk.answers.get(&ticket), None);
}

#[test]
fn a_sign_out_drops_the_whole_chain() {
    let mut desk = with_dev();
    let prod = desk.ask("prod");
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    desk.document(prod);
    // In the middle of the next hop.
    let audit = desk.ask("audit");
    let leaving = desk.sign_out();
    assert_eq!(desk.code(audit), Code::SignedOut);
    desk.kept(Ok(()));
    desk.revoked(Ok(()));
    assert!(desk.signed_out(leaving).keys_live_until.is_some());
    desk.assumed("audit", Ok(role_keys("AKIA-audit")));
    for name in ["dev", "prod", "audit", "a-side"] {
        let ticket = desk.ask(name);
        assert_eq!(desk.code(ticket), Code::SignedOut, "{name}");
        assert_eq!(desk.profile(name).keys_expire, None);
    }
    desk.nothing();
}

#[test]
fn keys_that_sts_does_not_take_are_fetched_anew_once() {
    let mut desk = with_dev();
    let ticket = desk.ask("prod");
    desk.assumed("prod", Err(fault(FaultKind::TokenStale)));
    desk.nothing_but("Fetch");
    desk.fetched("dev", Ok(keys("AKIA-dev2")));
    assert_eq!(
        desk.assumed("prod", Err(fault(FaultKind::TokenStale))),
        "AKIA-dev2"
    );
    assert_eq!(desk.code(ticket), Code::Misconfigured);
    desk.nothing();
    // A verdict on the old keys is none on newer ones.
    let mut desk = with_dev();
    let (prod, side) = (desk.ask("prod"), desk.ask("a-side"));
    desk.assumed("prod", Err(fault(FaultKind::TokenStale)));
    desk.fetched("dev", Ok(keys("AKIA-dev2")));
    assert_eq!(
        desk.assumed("a-side", Err(fault(FaultKind::TokenStale))),
        "AKIA-dev"
    );
    assert_eq!(
        desk.assumed("a-side", Ok(role_keys("AKIA-side"))),
        "AKIA-dev2"
    );
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    desk.document(prod);
    desk.document(side);
    desk.nothing();
}

#[test]
fn an_edit_of_the_source_drops_what_was_given_for_its_keys() {
    let mut desk = with_dev();
    for name in ["prod", "audit", "a-side"] {
        desk.ask(name);
        desk.assumed(name, Ok(role_keys(&format!("AKIA-{name}"))));
    }
    let ticket = desk.ask("deep");
    let edited = chained().replace(
        "role_arn = \"arn:aws:iam::123456789012:role/prod\"",
        "role_arn = \"arn:aws:iam::123456789012:role/other\"",
    );
    desk.configure(&edited);
    desk.waits(ticket);
    assert!(desk.profile("dev").keys_expire.is_some());
    assert!(desk.profile("a-side").keys_expire.is_some());
    for name in ["prod", "audit", "deep"] {
        assert_eq!(desk.profile(name).keys_expire, None, "{name}");
    }
    // What was on its way by the old keys is of no use, and comes again by the new ones.
    desk.assumed("prod", Ok(role_keys("AKIA-other")));
    desk.assumed("audit", Ok(role_keys("AKIA-audit2")));
    desk.assumed("deep", Ok(role_keys("AKIA-late")));
    desk.waits(ticket);
    assert_eq!(
        desk.assumed("deep", Ok(role_keys("AKIA-deep"))),
        "AKIA-audit2"
    );
    assert!(desk.document(ticket).contains("AKIA-deep"));
}

#[test]
fn a_chain_that_goes_takes_those_who_wait_along() {
    let mut desk = with_dev();
    let prod = desk.ask("prod");
    desk.configure(CONFIG);
    assert_eq!(desk.code(prod), Code::UnknownProfile);
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    let dev = desk.ask("dev");
    assert!(desk.document(dev).contains("AKIA-dev"));
    desk.nothing();
}

#[test]
fn a_chain_needs_the_sign_in_of_its_first() {
    let mut desk = Desk::new(&chained());
    desk.recalled(Ok(None));
    let ticket = desk.ask("deep");
    assert_eq!(desk.code(ticket), Code::SignedOut);
    assert!(desk.failure(ticket).remedy.contains("acme"));
    let mut desk = with_chain();
    let ticket = desk.ask("deep");
    desk.refreshed(Err(fault(FaultKind::Ended(crate::failure::Ended::Revoked))));
    assert_eq!(desk.code(ticket), Code::NeedsSignIn);
}

#[test]
fn a_chain_may_begin_with_a_guest() {
    let config = "[profile.open]\n\
                  identity_pool_id = \"eu-west-1:01234567-89ab-cdef-0123-456789abcdef\"\n\
                  [profile.next]\nsource_profile = \"open\"\n\
                  role_arn = \"arn:aws:iam::123456789012:role/next\"\n";
    let mut desk = Desk::new(config);
    desk.recalled(Ok(None));
    let ticket = desk.ask("next");
    assert!(matches!(
        told(&mut desk, "open", Ok(keys("AKIA-open"))).0,
        Proof::Guest
    ));
    desk.assumed("next", Ok(role_keys("AKIA-next")));
    assert!(desk.document(ticket).contains("AKIA-next"));
    let view = desk.profile("next");
    assert_eq!(view.login, None);
    assert_eq!(view.source_profile, Some("open".parse().unwrap()));
}

#[test]
fn a_renewal_by_hand_goes_along_the_chain() {
    let mut desk = with_dev();
    desk.ask("prod");
    desk.assumed("prod", Ok(role_keys("AKIA-prod")));
    desk.renew();
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.pass(SECOND);
    desk.fetched("dev", Ok(keys("AKIA-dev2")));
    desk.pass(SECOND);
    assert_eq!(
        desk.assumed("prod", Ok(role_keys("AKIA-prod2"))),
        "AKIA-dev2"
    );
}

/// Keys that live shorter than those that they buy, and the other way round.
#[test]
fn lives_of_every_order_are_renewed_without_a_storm() {
    for (first, second) in [(15, 60), (60, 15), (15, 15), (60, 60)] {
        let mut desk = with_chain();
        let ticket = desk.ask("prod");
        let mut fetches = 0;
        for minute in 0..6 * 60 {
            desk.pass(MINUTE);
            if minute % 60 == 0 {
                desk.ask("prod");
            }
            while let Some(effect) = desk.todo.pop_front() {
                let event = match effect {
                    Effect::Refresh { login, .. } => Event::Refreshed {
                        login,
                        result: Ok(Box::new(tokens("id", None))),
                    },
                    Effect::Keep { login, .. } => Event::Kept {
                        login,
                        result: Ok(()),
                    },
                    Effect::Fetch { profile, proof, .. } => {
                        fetches += 1;
                        let mut keys = keys("AKIA");
                        let life = if profile.as_str() == "dev" {
                            first
                        } else {
                            second
                        };
                        assert_eq!(matches!(proof, Proof::Keys(_)), profile.as_str() == "prod");
                        keys.keys.life.length = life * MINUTE;
                        Event::Fetched {
                            profile,
                            result: Ok(Box::new(keys)),
                        }
                    }
                    other => panic!("{other:?}"),
                };
                desk.handle(event);
            }
        }
        // It waited a minute for its first turn.
        desk.failure(ticket);
        let least = |life: u32| 6 * 60 * 10 / (life * 7);
        let most = |life: u32| 6 * 60 * 10 / (life * 5) + 3;
        let (least, most) = (least(first) + least(second), most(first) + most(second));
        assert!(
            (least..=most).contains(&fetches),
            "{first} {second}: {fetches} of {least} to {most}"
        );
    }
}
