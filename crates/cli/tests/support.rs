//! A home of its own, and a daemon that says what a test wants.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use poolkey_core::conversation::{Answer, Question};
use poolkey_core::event::ConversationId;
use poolkey_core::failure::{Code, Failure};
use poolkey_ipc::{Ask, Inbox, Reply};

/// A person's home with a socket in it, and nobody at the socket.
pub(crate) struct Home {
    directory: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let directory = tempfile::Builder::new()
            .permissions(PermissionsExt::from_mode(0o700))
            .tempdir()
            .unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.path().join("s")
    }

    pub(crate) fn profiles(&self) -> PathBuf {
        self.path().join("config/poolkey/profiles.toml")
    }

    /// A command in this home, with nothing else in its environment.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", "/usr/bin:/bin")
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("POOLKEY_SOCKET", self.socket())
            .env("POOLKEY_NO_START", "1")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn poolkey(&self, args: &[&str]) -> Said {
        Said::of(self.command(env!("CARGO_BIN_EXE_poolkey")).args(args))
    }

    pub(crate) fn shim(&self, args: &[&str]) -> Said {
        Said::of(
            self.command(env!("CARGO_BIN_EXE_poolkey-credential-process"))
                .args(args),
        )
    }

    /// Puts a program into `bin`, where it finds what is installed beside it.
    ///
    /// Another process writes it: a file that this one has open for writing, be it only in a child
    /// that another test is about to start, cannot be run.
    pub(crate) fn install(&self, program: impl AsRef<Path>) -> PathBuf {
        let bin = self.path().join("bin");
        let _ = std::fs::create_dir(&bin);
        let copied = Command::new("cp").arg(program.as_ref()).arg(&bin).status();
        assert!(copied.unwrap().success());
        bin.join(program.as_ref().file_name().unwrap())
    }

    /// Puts a script in the daemon's place.
    pub(crate) fn install_daemon(&self, script: &str) {
        let text = self.path().join("poolkeyd");
        std::fs::write(&text, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&text, PermissionsExt::from_mode(0o700)).unwrap();
        self.install(text);
    }

    /// A daemon that answers with what `answer` makes of each question.
    pub(crate) fn daemon(&self, answer: impl FnMut(&Ask) -> Reply + Send + 'static) -> Asked {
        let mut answer = answer;
        self.raw_daemon(move |ask| answer(ask).to_line().unwrap().to_vec())
    }

    /// A daemon that answers each step of a conversation with the next of these.
    pub(crate) fn staged(&self, replies: impl IntoIterator<Item = Reply>) -> Asked {
        let mut replies: VecDeque<Reply> = replies.into_iter().collect();
        self.daemon(move |ask| match ask {
            Ask::SignIn { .. } | Ask::Account { .. } | Ask::Answer { .. } => {
                replies.pop_front().expect("a reply is staged")
            }
            _ => Reply::Done,
        })
    }

    /// A daemon that answers many at once.
    pub(crate) fn daemon_of_many(
        &self,
        answer: impl Fn(&Ask) -> Reply + Send + Sync + 'static,
    ) -> Asked {
        let listener = UnixListener::bind(self.socket()).unwrap();
        let asked = Asked::default();
        let told = asked.clone();
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            for peer in listener.incoming() {
                let (mut peer, told) = (peer.unwrap(), told.clone());
                let answer = Arc::clone(&answer);
                std::thread::spawn(move || {
                    let Some(ask) = read(&mut peer) else { return };
                    told.0.lock().unwrap().push(ask.clone());
                    let _ = peer.write_all(&answer(&ask).to_line().unwrap());
                });
            }
        });
        asked
    }

    /// A daemon that answers in bytes.
    pub(crate) fn raw_daemon(&self, answer: impl FnMut(&Ask) -> Vec<u8> + Send + 'static) -> Asked {
        let listener = UnixListener::bind(self.socket()).unwrap();
        let asked = Asked::default();
        let told = asked.clone();
        let mut answer = answer;
        std::thread::spawn(move || {
            for peer in listener.incoming() {
                let mut peer = peer.unwrap();
                let Some(ask) = read(&mut peer) else { continue };
                told.0.lock().unwrap().push(ask.clone());
                let _ = peer.write_all(&answer(&ask));
            }
        });
        asked
    }
}

/// What a peer asks; `None` where somebody only wanted to know whether we are there.
fn read(peer: &mut UnixStream) -> Option<Ask> {
    let mut inbox = Inbox::new(1 << 16);
    loop {
        if let Some(line) = inbox.take_line().unwrap() {
            return Some(Ask::parse(&line).unwrap());
        }
        match peer.read(inbox.room()) {
            Ok(0) | Err(_) => return None,
            Ok(count) => inbox.filled(count),
        }
    }
}

/// A home whose `profiles.toml` has one login, `acme`.
pub(crate) fn with_login() -> Home {
    let home = Home::new();
    std::fs::create_dir_all(home.profiles().parent().unwrap()).unwrap();
    let login = "[login.acme]\nuser_pool_id = \"eu-west-1_AbCdEf123\"\nclient_id = \"abc\"\n";
    std::fs::write(home.profiles(), login).unwrap();
    home
}

/// What a command says to whom stdin is a file.
pub(crate) fn script(home: &Home, args: &[&str], stdin: &str) -> Said {
    let file = home.path().join("stdin");
    std::fs::write(&file, stdin).unwrap();
    Said::of(
        home.command(POOLKEY)
            .args(args)
            .stdin(File::open(file).unwrap()),
    )
}

/// The conversation of every staged daemon.
pub(crate) fn conversation() -> ConversationId {
    ConversationId("7f".into())
}

/// A question of that conversation.
pub(crate) fn question(question: Question) -> Reply {
    Reply::Question {
        conversation: conversation(),
        question,
        problem: None,
    }
}

/// What went wrong, told by code.
pub(crate) fn wrong(sentence: &str) -> Failure {
    Failure {
        code: Code::Wrong,
        sentence: sentence.into(),
        remedy: "Try again.".into(),
    }
}

pub(crate) const POOLKEY: &str = env!("CARGO_BIN_EXE_poolkey");

/// What the daemon was asked.
#[derive(Clone, Default)]
pub(crate) struct Asked(Arc<Mutex<Vec<Ask>>>);

impl Asked {
    pub(crate) fn all(&self) -> Vec<Ask> {
        self.0.lock().unwrap().clone()
    }

    /// The answers among it, in order.
    pub(crate) fn answers(&self) -> Vec<Answer> {
        let answer = |ask| match ask {
            Ask::Answer { answer, .. } => Some(answer),
            _ => None,
        };
        self.all().into_iter().filter_map(answer).collect()
    }

    /// Whether the conversation was given up, be it while an answer was on its way.
    pub(crate) fn has_cancel(&self) -> bool {
        self.all().contains(&Ask::Cancel {
            conversation: conversation(),
        })
    }

    /// Whether the last of it gave the conversation up.
    pub(crate) fn ends_with_cancel(&self) -> bool {
        self.all().last()
            == Some(&Ask::Cancel {
                conversation: conversation(),
            })
    }
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl Said {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }
}
