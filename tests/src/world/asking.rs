//! What is asked of a world's daemon, and of its STS.

use super::*;

impl World {
    /// A client of this world's daemon, which starts none.
    pub fn client(&self) -> Client {
        let env = Env {
            socket: Some(self.socket().into()),
            ..Env::default()
        };
        Client::new(env, Starting::Never)
    }

    /// Asks the daemon.
    ///
    /// # Panics
    ///
    /// There is no answer.
    pub fn ask(&self, ask: &Ask) -> Reply {
        match self.client().ask(ask) {
            Ok(reply) => reply,
            Err(failure) => panic!("no answer: {failure}"),
        }
    }

    /// The status.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn status(&self) -> Status {
        match self.ask(&Ask::Status) {
            Reply::Status(status) => *status,
            other => panic!("{other:?}"),
        }
    }

    /// The login `acme` in the status.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn login(&self) -> LoginView {
        let mut logins = self.status().snapshot.logins;
        let index = logins
            .iter()
            .position(|login| login.name.as_str() == "acme")
            .expect("the login acme");
        logins.swap_remove(index)
    }

    /// The profile `dev` in the status.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn profile(&self) -> ProfileView {
        let mut profiles = self.status().snapshot.profiles;
        let index = profiles
            .iter()
            .position(|profile| profile.name.as_str() == "dev")
            .expect("the profile dev");
        profiles.swap_remove(index)
    }

    /// Signs alice in to `acme`.
    ///
    /// # Panics
    ///
    /// It fails.
    pub fn sign_in(&self) {
        match self.try_sign_in(self.password()) {
            Reply::SignedIn { user } => assert_eq!(user.username, "alice"),
            other => panic!("not signed in: {other:?}"),
        }
    }

    /// Signs alice in with this password; what came of it.
    ///
    /// # Panics
    ///
    /// There is no answer.
    pub fn try_sign_in(&self, password: &str) -> Reply {
        let begin = Ask::SignIn {
            login: "acme".into(),
            username: None,
            another_account: false,
        };
        match self.ask(&begin) {
            Reply::Question { conversation, .. } => self.ask(&Ask::Answer {
                conversation,
                answer: Answer::Password(Secret::new(password)),
            }),
            other => other,
        }
    }

    /// Keys of `dev`, or why there are none.
    ///
    /// # Errors
    ///
    /// What the daemon tells.
    pub fn try_keys(&self) -> Result<Document, Failure> {
        let document = self.client().document("dev")?;
        Ok(Document::parse(document.expose()))
    }

    /// Keys of `dev`.
    ///
    /// # Panics
    ///
    /// There are none.
    pub fn keys(&self) -> Document {
        self.try_keys()
            .unwrap_or_else(|failure| panic!("no keys: {failure}"))
    }

    /// Renews `acme` now: its tokens and keys are stale.
    ///
    /// # Panics
    ///
    /// It is refused.
    pub fn renew(&self) {
        let ask = Ask::Renew {
            login: "acme".into(),
        };
        assert_eq!(self.ask(&ask), Reply::Done);
    }

    /// Whether STS takes these keys, asked by a program that nobody here wrote.
    ///
    /// # Panics
    ///
    /// The sandbox cannot be asked.
    pub fn sts_takes(&self, keys: &Document) -> bool {
        let asked = format!(
            "url = \"{}/\"\naws-sigv4 = \"aws:amz:us-east-1:sts\"\nuser = \"{}:{}\"\n\
             header = \"X-Amz-Security-Token: {}\"\n\
             data = \"Action=GetCallerIdentity&Version=2011-06-15\"\n",
            self.sandbox.url(),
            keys.access_key_id,
            keys.secret_access_key,
            keys.session_token,
        );
        let mut curl = self.command("curl");
        curl.args(["--silent", "--show-error", "--config", "-"]);
        let ran = Ran::of(&mut curl, &asked);
        assert!(ran.code == 0 && ran.out.contains('<'), "{ran:?}");
        ran.out.contains("<Arn>")
    }

    /// The daemon's resident memory in KiB.
    ///
    /// # Panics
    ///
    /// None runs.
    pub fn resident(&self) -> u64 {
        let status = proc_file(self.daemon_pid(), "status");
        let status = String::from_utf8_lossy(&status);
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}
