//! Whether the peer of an open connection may still use it.

use jiff::{SignedDuration, Timestamp};
use pki::{
    PkiError,
    tls::{self, Peers},
};
use rustls::pki_types::CertificateDer;

/// A peer's certificate is looked at again after this long, in seconds.
const LOOK_AGAIN_SECONDS: i64 = 60;

/// What a peer showed when it connected. Connections live for days, so that is looked at again whenever the directory has
/// changed, and from time to time: a certificate expires, or is withdrawn.
pub(super) struct Standing {
    certificates: Vec<CertificateDer<'static>>,
    directory: u64,
    look_again: Timestamp,
}

impl Standing {
    /// Admits the peer of a new connection, also when its session was resumed and showed no certificate; `directory` is the
    /// version of the directory that `peers` asks.
    pub(super) fn admit(
        peers: &Peers,
        shown: Option<&[CertificateDer<'_>]>,
        directory: u64,
        now: Timestamp,
    ) -> Result<(tls::Peer, Self), PkiError> {
        let peer = tls::admit(peers, shown, now)?;
        let certificates =
            shown.unwrap_or_default().iter().map(|certificate| certificate.clone().into_owned()).collect();
        Ok((
            peer,
            Self { certificates, directory, look_again: now + SignedDuration::from_secs(LOOK_AGAIN_SECONDS) },
        ))
    }

    /// Looks again if it is time to.
    pub(super) fn check(&mut self, peers: &Peers, directory: u64, now: Timestamp) -> Result<(), PkiError> {
        if directory == self.directory && now < self.look_again {
            return Ok(());
        }
        tls::admit(peers, Some(&self.certificates), now)?;
        self.directory = directory;
        self.look_again = now + SignedDuration::from_secs(LOOK_AGAIN_SECONDS);
        Ok(())
    }
}
