//! The file vault: one age file per login, in a directory that only its owner can enter.
//!
//! ```text
//! vault/identity.age       an age identity, encrypted with the person's passphrase (scrypt)
//! vault/login-NAME.age     the record of a login, encrypted to that identity
//! ```
//!
//! The slow work of scrypt is done once, when the vault is opened, and not with every write. All
//! are plain age files: with the passphrase, `age` itself can open them. Where systemd hands out a
//! credential named `poolkey-vault-key` (an `AGE-SECRET-KEY-1…` line), that is the identity, and
//! there is no passphrase.

#[cfg_attr(unix, path = "file/unix.rs")]
#[cfg_attr(windows, path = "file/windows.rs")]
mod dir;
mod escape;

use std::fs;
use std::io::{Read, Write};
use std::iter;
use std::path::PathBuf;

use age::secrecy::{ExposeSecret, SecretString};
use age::{DecryptError, Decryptor, Encryptor, scrypt, x25519};
use poolkey_core::fault::{VaultFault, VaultFaultKind};
use poolkey_core::name::LoginName;
use poolkey_core::secret::Secret;
use zeroize::Zeroizing;

use crate::Place;
use crate::keychain::failed;
use dir::Dir;
use escape::file_name;

/// The vault in a directory.
pub(crate) struct FileVault {
    path: PathBuf,
    credential: Option<PathBuf>,
    /// Opens the records; there while the vault is unlocked.
    identity: Option<x25519::Identity>,
    work_factor: u8,
}

impl FileVault {
    pub(crate) fn new(place: &Place) -> Self {
        Self {
            path: place.state.join("vault"),
            credential: place.credentials.as_ref().map(|dir| dir.join(CREDENTIAL)),
            identity: None,
            work_factor: WORK_FACTOR,
        }
    }

    pub(crate) fn recall(&mut self, login: &LoginName) -> Result<Option<Secret>, VaultFault> {
        let (dir, identity) = self.opened()?;
        let Some(sealed) = dir.read(&file_name(login))? else {
            return Ok(None);
        };
        let plain = open(&sealed, identity).map_err(|error| {
            failed(if matches!(error, DecryptError::NoMatchingKeys) {
                format!("the record of “{login}” was encrypted with another key than this vault's")
            } else {
                format!("the record of “{login}” is damaged: {}", first_line(&error))
            })
        })?;
        // age proves that nobody changed the file, but not whose record it is: two files might
        // have changed places.
        let text = std::str::from_utf8(&plain).ok();
        match text.and_then(|text| text.strip_prefix(&title(login))) {
            Some(record) => Ok(Some(Secret::new(record))),
            None => Err(failed(format!(
                "the file of “{login}” in the vault holds something else"
            ))),
        }
    }

    pub(crate) fn keep(&mut self, login: &LoginName, record: &Secret) -> Result<(), VaultFault> {
        match self.recall(login) {
            Ok(Some(old)) if old == *record => return Ok(()),
            Ok(_) => {}
            Err(fault) => match fault.kind {
                VaultFaultKind::Locked | VaultFaultKind::Absent => return Err(fault),
                // What cannot be read is overwritten: that is the cure for it.
                VaultFaultKind::Failed => {}
            },
        }
        let (dir, identity) = self.opened()?;
        let plain = Zeroizing::new(title(login) + record.expose());
        dir.replace(
            &file_name(login),
            &seal(plain.as_bytes(), &identity.to_public())?,
        )
    }

    pub(crate) fn erase(&mut self, login: &LoginName) -> Result<(), VaultFault> {
        let (dir, _) = self.opened()?;
        dir.remove(&file_name(login))
    }

    pub(crate) fn probe(&mut self) -> Result<(), VaultFault> {
        let (dir, identity) = self.opened()?;
        // As large as a record, for a nearly full disk takes a small file and refuses a larger.
        let sealed = seal(&[b' '; 16 << 10], &identity.to_public())?;
        dir.replace(PROBE, &sealed)?;
        dir.remove(PROBE)
    }

    pub(crate) fn unlock(&mut self, passphrase: &Secret) -> Result<(), VaultFault> {
        let Some(sealed) = Dir::open(&self.path)?
            .map(|dir| dir.read(IDENTITY))
            .transpose()?
            .flatten()
        else {
            return Err(self.missing());
        };
        let mut key = scrypt::Identity::new(SecretString::from(passphrase.expose()));
        key.set_max_work_factor(MOST_WORK);
        let plain = open(&sealed, &key).map_err(not_opened)?;
        self.identity = Some(
            parse_identity(&plain)
                .ok_or_else(|| failed(format!("{IDENTITY} in the vault holds no age identity")))?,
        );
        Ok(())
    }

    pub(crate) fn create(&mut self, passphrase: &Secret) -> Result<(), VaultFault> {
        if passphrase.expose().is_empty() {
            return Err(failed("a vault needs a passphrase".to_owned()));
        }
        let dir = Dir::create(&self.path)?;
        if dir.has(IDENTITY)? {
            return Err(failed(format!(
                "there is a vault in {} already",
                self.path.display()
            )));
        }
        let identity = x25519::Identity::generate();
        let mut key = scrypt::Recipient::new(SecretString::from(passphrase.expose()));
        key.set_work_factor(self.work_factor);
        dir.replace(
            IDENTITY,
            &seal(identity.to_string().expose_secret().as_bytes(), &key)?,
        )?;
        self.identity = Some(identity);
        Ok(())
    }

    pub(crate) fn describe(&self) -> String {
        format!("encrypted file vault in {}", self.path.display())
    }

    /// The directory and the key, both checked.
    fn opened(&mut self) -> Result<(Dir, &x25519::Identity), VaultFault> {
        if self.identity.is_none() {
            self.identity = self.handed_out()?;
        }
        let Some(identity) = &self.identity else {
            return Err(match Dir::open(&self.path)? {
                Some(dir) if dir.has(IDENTITY)? => VaultFault::new(
                    VaultFaultKind::Locked,
                    "the file vault waits for its passphrase; run “poolkey vault unlock”",
                ),
                _ => self.missing(),
            });
        };
        Ok((Dir::create(&self.path)?, identity))
    }

    /// The identity that systemd hands out.
    fn handed_out(&self) -> Result<Option<x25519::Identity>, VaultFault> {
        let Some(path) = &self.credential else {
            return Ok(None);
        };
        let plain = match fs::read(path) {
            Ok(plain) => Zeroizing::new(plain),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(format!("reading {}: {error}", path.display()))),
        };
        match parse_identity(&plain) {
            Some(identity) => Ok(Some(identity)),
            None => Err(failed(format!(
                "{} holds no age identity (a line that begins with AGE-SECRET-KEY-1)",
                path.display()
            ))),
        }
    }

    fn missing(&self) -> VaultFault {
        VaultFault::new(
            VaultFaultKind::Absent,
            format!(
                "there is no file vault in {} yet; run “poolkey vault unlock --create”",
                self.path.display()
            ),
        )
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the enum of another crate, which may grow"
)]
fn not_opened(error: DecryptError) -> VaultFault {
    match error {
        DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed
        | DecryptError::NoMatchingKeys => {
            VaultFault::new(VaultFaultKind::Locked, "this is not the vault's passphrase")
        }
        DecryptError::ExcessiveWork { .. } => failed(format!(
            "{IDENTITY} in the vault asks for more work than any that Poolkey made"
        )),
        other => failed(format!(
            "{IDENTITY} in the vault is damaged: {}",
            first_line(&other)
        )),
    }
}

/// What age says; its further lines are advice to users of `age`.
fn first_line(error: &DecryptError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

/// The first line of a record says what it is and whose.
fn title(login: &LoginName) -> String {
    format!("poolkey record 1 of {login}\n")
}

/// The one identity in a file as `age-keygen` writes it, comments and all.
fn parse_identity(plain: &[u8]) -> Option<x25519::Identity> {
    let mut lines = std::str::from_utf8(plain)
        .ok()?
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let identity = lines.next()?.parse().ok()?;
    lines.next().is_none().then_some(identity)
}

fn seal(plain: &[u8], to: &dyn age::Recipient) -> Result<Vec<u8>, VaultFault> {
    let sealed = || {
        let encryptor = Encryptor::with_recipients(iter::once(to))?;
        let mut sealed = Vec::with_capacity(plain.len() + 512);
        let mut writer = encryptor.wrap_output(&mut sealed)?;
        writer.write_all(plain)?;
        writer.finish()?;
        Ok(sealed)
    };
    sealed().map_err(|error: age::EncryptError| failed(format!("encrypting failed: {error}")))
}

fn open(sealed: &[u8], with: &dyn age::Identity) -> Result<Zeroizing<Vec<u8>>, DecryptError> {
    let mut reader = Decryptor::new_buffered(sealed)?.decrypt(iter::once(with))?;
    // Grown in one piece, so that no copy of a secret stays behind in a smaller buffer.
    let mut plain = Zeroizing::new(Vec::with_capacity(sealed.len()));
    reader.read_to_end(&mut plain)?;
    Ok(plain)
}

const IDENTITY: &str = "identity.age";
const PROBE: &str = "probe.age";
const CREDENTIAL: &str = "poolkey-vault-key";

/// scrypt's N is 2 to this power.
const WORK_FACTOR: u8 = 17;

/// A planted file must not make the daemon work, and use memory, without end.
const MOST_WORK: u8 = 20;

#[cfg(unix)]
#[cfg(test)]
mod tests;
