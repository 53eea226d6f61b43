//! The vault on a thread of its own: its calls block, and one entry must not be used from two.

use std::cell::RefCell;
use std::sync::mpsc;
use std::time::Duration;

use poolkey_core::config::VaultChoice;
use poolkey_core::fault::{VaultFault, VaultFaultKind};
use poolkey_core::name::LoginName;
use poolkey_core::secret::Secret;
use poolkey_core::session::Stored;
use poolkey_vault::{Place, Vault};
use tokio::sync::oneshot;

/// Hands work to the vault's thread, one after another, and waits a bounded time for each.
pub(crate) struct Keeper {
    jobs: mpsc::Sender<Job>,
    choice: VaultChoice,
    description: RefCell<String>,
    trouble: RefCell<Option<VaultFault>>,
}

type Job = Box<dyn FnOnce(&mut Vault) + Send>;

impl Keeper {
    /// Starts the thread. The vault itself is opened by the first call.
    pub(crate) fn start(choice: VaultChoice, place: Place) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let description = Vault::new(choice, &place).describe();
        std::thread::Builder::new()
            .name("vault".into())
            .stack_size(256 << 10)
            .spawn(move || {
                let mut vault = Vault::new(choice, &place);
                for job in queue {
                    job(&mut vault);
                }
            })?;
        Ok(Self {
            jobs,
            choice,
            description: RefCell::new(description),
            trouble: RefCell::new(None),
        })
    }

    /// What was chosen.
    pub(crate) fn choice(&self) -> VaultChoice {
        self.choice
    }

    /// Which store it is, in a few words.
    pub(crate) fn description(&self) -> String {
        self.description.borrow().clone()
    }

    /// What stood in the way of the last call.
    pub(crate) fn trouble(&self) -> Option<VaultFault> {
        self.trouble.borrow().clone()
    }

    pub(crate) async fn recall(&self, login: LoginName) -> Result<Option<Secret>, VaultFault> {
        self.call(move |vault| vault.recall(&login)).await
    }

    pub(crate) async fn keep(&self, login: LoginName, stored: &Stored) -> Result<(), VaultFault> {
        if stored.is_empty() {
            return self.call(move |vault| vault.erase(&login)).await;
        }
        let record = stored.to_record();
        self.call(move |vault| vault.keep(&login, &record)).await
    }

    pub(crate) async fn probe(&self) -> Result<(), VaultFault> {
        self.call(Vault::probe).await
    }

    /// Opens the file vault, or makes it.
    pub(crate) async fn unlock(&self, passphrase: Secret, create: bool) -> Result<(), VaultFault> {
        self.call(move |vault| {
            if create {
                vault.create(&passphrase)
            } else {
                vault.unlock(&passphrase)
            }
        })
        .await
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vault) -> Result<T, VaultFault> + Send + 'static,
    ) -> Result<T, VaultFault> {
        let (tell, told) = oneshot::channel();
        let job: Job = Box::new(move |vault| {
            let result = work(vault);
            // Whoever asked may have given up.
            let _ = tell.send((result, vault.describe()));
        });
        let result = if self.jobs.send(job).is_err() {
            Err(VaultFault::new(
                VaultFaultKind::Failed,
                "The vault's thread has ended; restart the daemon.",
            ))
        } else {
            match tokio::time::timeout(PATIENCE, told).await {
                Ok(Ok((result, description))) => {
                    self.description.replace(description);
                    result
                }
                Ok(Err(_)) => Err(VaultFault::new(
                    VaultFaultKind::Failed,
                    "The vault failed in the middle of a call; restart the daemon.",
                )),
                Err(_) => Err(VaultFault::new(
                    VaultFaultKind::Locked,
                    "The keychain has not answered; it may be waiting to be unlocked.",
                )),
            }
        };
        self.trouble.replace(result.as_ref().err().cloned());
        result
    }
}

/// Longer than the vault itself waits for a person ([`Place::patience`]).
const PATIENCE: Duration = Duration::from_secs(30);
