use super::*;

#[test]
fn addresses_are_masked() {
    for (medium, to, shown) in [
        (Medium::Email, "ada@example.com", "a***@e***"),
        (Medium::Sms, "+12025551234", "+*******1234"),
        (Medium::Sms, "+123", "+123"),
        (Medium::Email, "é@ö", "é***@ö***"),
    ] {
        assert_eq!(masked(medium, to), shown);
    }
}

#[test]
fn the_outbox_has_an_end() {
    let mut outbox = Outbox::new();
    for at in 0..2000 {
        outbox.put(message("p", &at.to_string(), at));
    }
    let times = times(&outbox);
    assert_eq!((times.len(), times[0], times[999]), (1000, 1000, 1999));
}

#[test]
fn codes_to_one_user_leave_room_for_others() {
    let mut outbox = Outbox::new();
    outbox.put(message("p", "ann", 0));
    outbox.put(message("other", "bob", 1));
    for at in 2..2000 {
        outbox.put(message("p", "bob", at));
    }
    let times = times(&outbox);
    assert_eq!((times.len(), &times[..3]), (102, &[0, 1, 1900][..]));
}

fn message(pool: &str, user: &str, at: i64) -> Message {
    Message {
        to: "a@b".into(),
        medium: Medium::Email,
        user: user.into(),
        pool: pool.into(),
        purpose: Purpose::SignUp,
        code: "1".into(),
        at,
    }
}

fn times(outbox: &Outbox) -> Vec<i64> {
    outbox.messages().iter().map(|message| message.at).collect()
}
