use super::desk::*;
use crate::event::Event;
use crate::failure::{Code, Ended};
use crate::fault::FaultKind;
use crate::snapshot::{Happened, Recent};

#[test]
fn a_session_and_its_end_are_noted() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    assert_eq!(desk.recent(), [], "what was before is no news");
    desk.signs_in();
    assert_eq!(desk.recent(), [Happened::SignedIn]);
    desk.sign_out();
    desk.kept(Ok(()));
    assert_eq!(desk.recent(), [Happened::SignedIn, Happened::SignedOut]);
    let noted = desk.snapshot().recent;
    assert_eq!(noted[1].at, desk.now.wall);
    assert_eq!(
        (noted[1].login.as_str(), &noted[1].profile),
        ("acme", &None)
    );
}

#[test]
fn a_session_that_ends_by_itself_says_why() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Ended(Ended::Revoked))));
    let ended = Happened::Ended {
        reason: Ended::Revoked,
    };
    assert_eq!(desk.recent(), [ended]);
}

#[test]
fn a_trouble_is_noted_when_it_is_over_and_a_blip_is_not() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Err(fault(FaultKind::Unreachable)));
    desk.pass(2 * SECOND);
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Ok(keys("AKIA1")));
    desk.keep_notes();
    assert_eq!(desk.recent(), [], "a blip");

    desk.renew();
    desk.refreshed(Err(fault(FaultKind::Unreachable)));
    let began = desk.now.at;
    while desk.now.at.since(began) < 4 * MINUTE {
        desk.pass(20 * SECOND);
        while desk.count("Refresh") > 0 {
            desk.refreshed(Err(fault(FaultKind::Unreachable)));
        }
    }
    assert_eq!(desk.recent(), [], "it is not over yet");
    while desk.count("Refresh") == 0 {
        desk.pass(MINUTE);
    }
    let lasted = desk.now.at.since(began).as_secs();
    desk.refreshed(Ok(tokens("id-2", None)));
    let back = Happened::Back {
        code: Code::Offline,
        secs: lasted,
    };
    assert_eq!(desk.recent(), [back]);
}

/// The ID token is still good, and only the keys cannot be fetched.
#[test]
fn a_profiles_trouble_is_noted_with_its_name() {
    let mut desk = Desk::with_session(Some(false));
    desk.ask("dev");
    desk.refreshed(Ok(tokens("id-1", None)));
    desk.fetched("dev", Err(fault(FaultKind::Service)));
    let began = desk.now.at;
    while desk.now.at.since(began) < MINUTE {
        desk.pass(10 * SECOND);
        while desk.count("Fetch") > 0 {
            desk.fetched("dev", Err(fault(FaultKind::Service)));
        }
    }
    desk.ask("dev");
    while desk.count("Fetch") == 0 {
        desk.pass(10 * SECOND);
    }
    desk.fetched("dev", Ok(keys("AKIA1")));
    let noted: Vec<Recent> = desk.snapshot().recent;
    let back = noted
        .iter()
        .find(|one| one.what != Happened::Taken)
        .unwrap();
    assert_eq!(back.profile.as_ref().unwrap().as_str(), "dev");
    let Happened::Back { code, secs } = back.what else {
        panic!("{back:?}");
    };
    assert_eq!(code, Code::Service);
    assert!(secs >= 60, "{secs}");
}

#[test]
fn keys_are_noted_as_taken_once_until_nobody_wants_them_any_more() {
    let mut desk = Desk::with_keys(Rotation::Off);
    for _ in 0..3 {
        desk.ask("dev");
    }
    assert_eq!(desk.recent(), [Happened::Taken]);
    let changes = desk.agent.changes();
    desk.ask("dev");
    assert_eq!(desk.agent.changes(), changes);
    desk.sleep(13 * HOUR);
    desk.ask("dev");
    assert_eq!(desk.recent().len(), 1, "it has been given none yet");
    desk.refreshed(Ok(tokens("id-2", None)));
    desk.fetched("dev", Ok(keys("AKIA2")));
    assert_eq!(desk.recent(), [Happened::Taken, Happened::Taken]);
    assert!(desk.agent.changes() > changes);
}

#[test]
fn it_is_bounded_and_in_order_whatever_the_wall_clock_does() {
    let mut desk = Desk::new(CONFIG);
    desk.recalled(Ok(None));
    for turn in 0..40 {
        desk.signs_in();
        desk.pass(SECOND);
        desk.sign_out();
        desk.kept(Ok(()));
        desk.revoked(Ok(()));
        if turn == 20 {
            desk.now.wall = crate::time::UnixTime::from_secs(desk.now.wall.secs() - 7200);
            desk.handle(Event::Woke);
        }
    }
    let noted = desk.snapshot().recent;
    assert_eq!(noted.len(), 50);
    assert!(noted.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert_eq!(noted.last().unwrap().what, Happened::SignedOut);
}

impl Desk {
    fn snapshot(&self) -> crate::snapshot::Snapshot {
        self.agent.snapshot(self.now)
    }

    fn recent(&self) -> Vec<Happened> {
        let recent = self.snapshot().recent;
        recent.into_iter().map(|one| one.what).collect()
    }

    /// Somebody signs in, whom the pool asks nothing.
    fn signs_in(&mut self) {
        self.sign_in();
        if self.count("Probe") > 0 {
            self.probed(Ok(()));
        }
        self.conversed(done("ann", "refresh-1"));
        self.kept(Ok(()));
    }
}
