//! The key by which clients know this server: made at the first start, kept in the data directory, for its owner alone to read.

use crate::limits::HOST_KEY_BYTES_MAX;
use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{HashAlg, PrivateKey};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Why there is no host key.
#[derive(Debug, thiserror::Error)]
pub enum HostKeyError {
    /// The file could not be read or written.
    #[error("`{path}`: {source}")]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others can read it.
    #[error("`{path}`: expected a file that only its owner can read (mode 0600), found mode {mode:04o}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is no key.
    #[error("`{path}`: expected a private key in OpenSSH's form, without a passphrase: {why}")]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong, without any of the secret.
        why: String,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes for a host key: {0}")]
    Entropy(String),
}

/// A host key.
pub struct HostKey(pub(crate) PrivateKey);

impl HostKey {
    /// Reads the key of this file, which is made if there is none.
    pub fn open(path: &Path) -> Result<Self, HostKeyError> {
        let disk = |source| HostKeyError::Disk { path: path.to_owned(), source };
        let form = |why: String| HostKeyError::Form { path: path.to_owned(), why };
        let file = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::make(path),
            file => file.map_err(disk)?,
        };
        let mode = file.metadata().map_err(disk)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(HostKeyError::Open { path: path.to_owned(), mode });
        }
        let mut text = Vec::new();
        file.take(HOST_KEY_BYTES_MAX).read_to_end(&mut text).map_err(disk)?;
        let key = PrivateKey::from_openssh(&text).map_err(|error| form(error.to_string()))?;
        if key.is_encrypted() {
            return Err(form("it has a passphrase".to_owned()));
        }
        Ok(Self(key))
    }

    /// Makes a key. The file appears whole or not at all: half a key would keep the server from starting ever after.
    fn make(path: &Path) -> Result<Self, HostKeyError> {
        let disk = |source| HostKeyError::Disk { path: path.to_owned(), source };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| HostKeyError::Entropy(error.to_string()))?;
        let key = PrivateKey::from(Ed25519Keypair::from_seed(&seed));
        let text = key
            .to_openssh(LineEnding::LF)
            .map_err(|error| HostKeyError::Form { path: path.to_owned(), why: error.to_string() })?;
        let new = path.with_extension("new");
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(disk(error)),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).map_err(disk)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(disk)?;
        fs::rename(&new, path).map_err(disk)?;
        if let Some(folder) = path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk)?;
        }
        Ok(Self(key))
    }

    /// Its fingerprint, as `ssh` shows it before the first connection.
    pub fn fingerprint(&self) -> String {
        self.0.public_key().fingerprint(HashAlg::Sha256).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_is_its_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ssh_host_ed25519_key");
        let made = HostKey::open(&path).unwrap().fingerprint();
        assert!(made.starts_with("SHA256:"), "{made}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(HostKey::open(&path).unwrap().fingerprint(), made);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn a_key_that_others_can_read_and_what_is_no_key_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        HostKey::open(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = HostKey::open(&path).err().unwrap().to_string();
        assert!(error.contains("found mode 0640"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "no key").unwrap();
        assert!(matches!(HostKey::open(&path), Err(HostKeyError::Form { .. })));
        assert!(matches!(HostKey::open(dir.path()), Err(HostKeyError::Open { .. } | HostKeyError::Disk { .. })));
    }
}
