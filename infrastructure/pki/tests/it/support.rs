//! A small country: an authority, nodes, a clock that can be set, and a directory that can be changed.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use pki::tls::{AllowPeer, Clock};
use pki::{Authority, Holder, Identity, SharedIdentity, Validity};

/// The day of these tests.
pub(crate) fn now() -> Timestamp {
    "2026-11-21T03:00:00Z".parse().unwrap()
}

pub(crate) fn days(count: u32) -> Validity {
    Validity::days(now(), count).unwrap()
}

/// A clock that can be set.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn at(moment: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(moment.as_second())))
    }

    pub(crate) fn set(&self, moment: Timestamp) {
        self.0.store(moment.as_second(), Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let hands = self.clone();
        Arc::new(move || Timestamp::from_second(hands.0.load(Ordering::SeqCst)).unwrap())
    }
}

/// A directory of who may use which certificate.
#[derive(Clone, Default)]
pub(crate) struct Directory(Arc<Mutex<HashSet<(String, String)>>>);

impl Directory {
    pub(crate) fn list(&self, holder: &str, fingerprint: &str) {
        self.0.lock().unwrap().insert((holder.into(), fingerprint.into()));
    }

    pub(crate) fn withdraw(&self, holder: &str) {
        self.0.lock().unwrap().retain(|(listed, _)| listed != holder);
    }

    pub(crate) fn allow(&self) -> AllowPeer {
        let directory = self.clone();
        Arc::new(move |holder, shown| {
            let listed = directory.0.lock().unwrap();
            shown.any(|fingerprint| listed.contains(&(holder.to_owned(), fingerprint.to_owned())))
        })
    }
}

pub(crate) struct Country {
    pub(crate) authority: Authority,
    pub(crate) directory: Directory,
    pub(crate) hands: Hands,
}

impl Country {
    pub(crate) fn new() -> Self {
        let authority = Authority::create("Cơ quan chứng thực thử nghiệm", days(3650)).unwrap();
        Self { authority, directory: Directory::default(), hands: Hands::at(now()) }
    }

    /// A node's identity for 90 days, listed in the directory.
    pub(crate) fn node(&self, id: &str) -> SharedIdentity {
        self.listed(self.authority.issue(&Holder::node(id).unwrap(), days(90)).unwrap())
    }

    /// A system's identity for 90 days, listed in the directory.
    pub(crate) fn system(&self, id: &str) -> SharedIdentity {
        self.listed(self.authority.issue(&Holder::system(id).unwrap(), days(90)).unwrap())
    }

    fn listed(&self, identity: Identity) -> SharedIdentity {
        self.directory.list(identity.holder().id(), &identity.fingerprint());
        SharedIdentity::new(identity)
    }
}

/// Runs openssl in a directory and gives what it prints, failing when it fails.
pub(crate) fn openssl(directory: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl")
        .current_dir(directory)
        .args(arguments)
        .output()
        .expect("openssl is installed");
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "openssl {arguments:?}: {complaint}");
    output.stdout
}
