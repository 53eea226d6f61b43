//! Bytes from a peer: into lines, into questions, into answers.
//!
//! The first byte says in what pieces the rest comes in. Whatever comes in: nothing panics, no
//! more is buffered than a line may have, the pieces do not matter, and what was read as a question
//! or an answer is read the same again after it was written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poolkey_ipc::frame::Broken;
use poolkey_ipc::{Ask, Inbox, Reply};

fuzz_target!(|data: &[u8]| {
    let Some((piece, bytes)) = data.split_first() else {
        return;
    };
    let whole = read(bytes, usize::MAX);
    assert_eq!(
        whole,
        read(bytes, usize::from(*piece) + 1),
        "the pieces do not matter"
    );

    for line in whole.0 {
        if let Ok(ask) = Ask::parse(&line)
            && let Ok(written) = ask.to_line()
        {
            let written = std::str::from_utf8(&written).expect("a line is text");
            assert_eq!(Ask::parse(written), Ok(ask));
        }
        if let Ok(document) = Reply::parse_document(&line) {
            assert!(line.contains(document), "handed on as it is");
        }
        if let Ok(reply) = Reply::parse(&line)
            && let Ok(written) = reply.to_line()
        {
            let written = std::str::from_utf8(&written).expect("a line is text");
            assert!(written.ends_with('\n') && written.matches('\n').count() == 1);
            assert_eq!(Reply::parse(written), Ok(reply));
        }
    }
});

fn read(mut bytes: &[u8], piece: usize) -> (Vec<String>, Option<Broken>) {
    let mut inbox = Inbox::new(LONGEST);
    let mut lines = Vec::new();
    loop {
        match inbox.take_line() {
            Ok(Some(line)) => {
                assert!(line.len() < LONGEST);
                lines.push(line.to_string());
                continue;
            }
            Ok(None) if bytes.is_empty() => return (lines, inbox.close().err()),
            Ok(None) => {}
            Err(broken) => return (lines, Some(broken)),
        }
        let room = inbox.room();
        assert!(!room.is_empty() && room.len() <= LONGEST);
        let count = room.len().min(bytes.len()).min(piece);
        room[..count].copy_from_slice(&bytes[..count]);
        inbox.filled(count);
        bytes = &bytes[count..];
    }
}

/// Short, so that the fuzzer finds its edge.
const LONGEST: usize = 2048;
