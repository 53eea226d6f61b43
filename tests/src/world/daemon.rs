//! The daemon of a world: started, stopped, killed.

use super::*;

impl World {
    /// Starts `poolkeyd`; says how long it took to its first answer.
    ///
    /// # Panics
    ///
    /// It does not come up.
    pub fn start_daemon(&mut self) -> Duration {
        self.start_daemon_as(&[])
    }

    /// The same, under a command line that ends in the daemon's own.
    ///
    /// # Panics
    ///
    /// It does not come up.
    pub fn start_daemon_as(&mut self, under: &[&str]) -> Duration {
        assert!(
            self.daemon.is_none(),
            "a daemon runs already: stop it or kill it first"
        );
        let path = program("poolkeyd");
        let mut command = match under {
            [] => tied(path),
            [first, rest @ ..] => {
                let mut command = tied(first);
                command.args(rest).arg(path);
                command
            }
        };
        self.surround(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let started = Instant::now();
        let mut daemon = Running::start("poolkeyd", &mut command, &self.daemon_log());
        let client = self.client();
        while !matches!(client.is_answered(), Ok(true)) {
            assert!(daemon.is_alive(), "poolkeyd ended: {}", daemon.said());
            assert!(
                started.elapsed() < Duration::from_secs(10),
                "poolkeyd does not answer"
            );
            sleep(Duration::from_millis(1));
        }
        let _ = client.ask(&Ask::Status);
        let took = started.elapsed();
        self.witness("poolkeyd", daemon.pid());
        self.daemon = Some(daemon);
        took
    }

    /// Where the daemon's log is.
    pub fn daemon_log(&self) -> PathBuf {
        self.home().join("logs/poolkeyd.log")
    }

    /// What the daemon logged so far.
    pub fn daemon_said(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.daemon_log()).unwrap_or_default()).into_owned()
    }

    /// The daemon that runs.
    ///
    /// # Panics
    ///
    /// None does.
    pub fn daemon(&mut self) -> &mut Running {
        self.daemon.as_mut().expect("a daemon runs")
    }

    /// The daemon's process id.
    ///
    /// # Panics
    ///
    /// None runs.
    pub fn daemon_pid(&self) -> u32 {
        self.daemon.as_ref().expect("a daemon runs").pid()
    }

    /// `SIGTERM`, and waits for the end.
    ///
    /// # Panics
    ///
    /// It does not end well.
    pub fn stop_daemon(&mut self) {
        let mut daemon = self.daemon.take().expect("a daemon runs");
        self.witness("poolkeyd at its end", daemon.pid());
        let status = daemon.stop();
        assert!(status.success(), "poolkeyd: {status}");
    }

    /// `kill -9`.
    ///
    /// # Panics
    ///
    /// None runs.
    pub fn kill_daemon(&mut self) {
        let mut daemon = self.daemon.take().expect("a daemon runs");
        daemon.kill();
    }

    /// Waits for a daemon that ends by itself.
    ///
    /// # Panics
    ///
    /// It does not.
    pub fn await_daemon_end(&mut self, patience: Duration) -> std::process::ExitStatus {
        let mut daemon = self.daemon.take().expect("a daemon runs");
        daemon.wait(patience)
    }
}
