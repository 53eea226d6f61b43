//! Certificate authorities: those of the system, and those of `ca_bundle` beside them.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The authorities of a PEM file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bundle(Vec<CertificateDer<'static>>);

impl Bundle {
    /// Reads a file. What in it is no authority is passed over, as long as something else is one.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let unreadable = |why: &str| {
            format!(
                "The certificate authorities of ca_bundle, {}, cannot be used: {why}. Mend the file, \
                 or ca_bundle under [settings] in profiles.toml; until then nothing is sent.",
                path.display()
            )
        };
        let pem = contents(path).map_err(|error| unreadable(&error))?;
        let mut trusted = RootCertStore::empty();
        let ders = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
        let ders: Vec<_> = ders
            .filter(|der| trusted.add(der.clone()).is_ok())
            .collect();
        if ders.is_empty() {
            return Err(unreadable("it holds no certificate in PEM"));
        }
        Ok(Self(ders))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them in PEM, and nothing else: the HTTP client takes no other file.
    pub(super) fn pem(&self) -> Vec<u8> {
        let mut pem = String::new();
        for der in &self.0 {
            pem.push_str("-----BEGIN CERTIFICATE-----\n");
            let text = STANDARD.encode(der);
            for line in text.as_bytes().chunks(64) {
                pem.push_str(&String::from_utf8_lossy(line));
                pem.push('\n');
            }
            pem.push_str("-----END CERTIFICATE-----\n");
        }
        pem.into_bytes()
    }
}

/// A file whole, if it is one and no larger than any bundle: a pipe would never end.
fn contents(path: &Path) -> Result<Vec<u8>, String> {
    let told = |error: io::Error| {
        let kind = error.kind();
        if kind == ErrorKind::NotFound {
            "there is no such file".to_owned()
        } else if kind == ErrorKind::PermissionDenied {
            "you may not read it".to_owned()
        } else {
            kind.to_string()
        }
    };
    if !std::fs::metadata(path).map_err(told)?.is_file() {
        return Err("it is no file".into());
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(told)?;
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    if read.map_err(told)? as u64 > LARGEST {
        return Err(format!("it is larger than {} MiB", LARGEST >> 20));
    }
    Ok(bytes)
}

/// How many authorities this system trusts: those that every call trusts, too.
pub(crate) fn native() -> usize {
    static COUNT: LazyLock<usize> = LazyLock::new(|| {
        let mut trusted = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs().certs;
        trusted.add_parsable_certificates(found).0
    });
    *COUNT
}

/// Mozilla's whole list takes a quarter of one.
const LARGEST: u64 = 8 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, text: &[u8]) -> Result<usize, String> {
        let directory =
            std::env::temp_dir().join(format!("poolkey-ca-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("ca.pem");
        std::fs::write(&path, text).unwrap();
        let bundle = Bundle::read(&path);
        std::fs::remove_dir_all(&directory).unwrap();
        bundle.map(|bundle| {
            let again = bundle.pem();
            let count = CertificateDer::pem_slice_iter(&again)
                .map(Result::unwrap)
                .count();
            assert_eq!(count, bundle.len());
            count
        })
    }

    fn authority() -> String {
        let params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().pem()
    }

    #[test]
    fn a_bundle_holds_authorities_among_other_things() {
        let (one, two) = (authority(), authority());
        assert_eq!(told("one", one.as_bytes()), Ok(1));
        let commented = format!(
            "Issuer: Acme\r\n{}\n# and\n{two}",
            one.replace('\n', "\r\n")
        );
        assert_eq!(told("two", commented.as_bytes()), Ok(2));
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(told("three", format!("{nonsense}{one}").as_bytes()), Ok(1));
    }

    #[test]
    fn a_bundle_without_any_is_refused_by_name() {
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        for (name, text) in [("empty", ""), ("text", "no\n"), ("key", key.as_str())] {
            let told = told(name, text.as_bytes()).unwrap_err();
            assert!(told.contains("holds no certificate"), "{told}");
            assert!(
                told.contains("ca.pem") && told.contains("ca_bundle"),
                "{told}"
            );
        }
        for (path, why) in [("/nowhere/ca.pem", "no such file"), ("/", "no file")] {
            let told = Bundle::read(Path::new(path)).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn the_system_has_some() {
        // As the HTTP client finds them; see `tests/tls.rs` for whose they are.
        assert!(native() > 0);
    }
}
