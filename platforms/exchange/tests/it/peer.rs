//! A forger among the nodes of a test's country.

use crate::country::{Country, FORGER, PROVIDER, TARGET, identity, ledger_signer};
use contracts::MemberId;
pub(crate) use exchange::testing::{Answering, Draft, FalseProvider, replaced};
use exchange::{
    message::AnswerHead,
    testing,
    wire::{Destination, Envelope, LinkError},
};
use http::StatusCode;
use ledger::Ledger;
use pki::SharedIdentity;
use std::{ops::Deref, sync::Arc};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

pub(crate) const FORGERS_SYSTEM: &str = "VN/GOV/G99/forge";
/// Connections that may be left over from before a restart.
const OLD_CONNECTIONS_LIMIT: usize = 4;

/// A forger, with a folder of its own.
pub(crate) struct Forger {
    forger: testing::Forger,
    dir: TempDir,
}

impl Deref for Forger {
    type Target = testing::Forger;

    fn deref(&self) -> &testing::Forger {
        &self.forger
    }
}

fn provider(country: &Country) -> Destination {
    Destination {
        id: MemberId::agency(PROVIDER).to_string(),
        address: country.provider.peers.to_string(),
        directory: 1,
    }
}

impl Forger {
    /// With the identity that the directory lists.
    pub(crate) fn of(country: &Country) -> Self {
        Self::with(country, identity(&country.authority, FORGER, country.clock.now(), 365))
    }

    /// With another identity.
    pub(crate) fn with(country: &Country, identity: SharedIdentity) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let forger = testing::Forger::new(
            identity,
            country.authority.roots(),
            ledger_signer(FORGER),
            dir.path().into(),
            country.clock.clone(),
            country.random.clone(),
        );
        Self { forger, dir }
    }

    pub(crate) fn draft(&self) -> Draft {
        let node = MemberId::agency(PROVIDER).to_string();
        self.forger.draft(FORGERS_SYSTEM, &node, &format!("{TARGET}/x"))
    }

    /// A ledger that is not the forger's, by the directory.
    pub(crate) fn other_ledger(&self) -> Ledger {
        self.forger.other_ledger(ledger_signer("G98"))
    }

    /// Sends an envelope to the provider as its wire takes it.
    pub(crate) async fn send(&self, country: &Country, envelope: Envelope) -> Result<Envelope, LinkError> {
        self.forger.send(&provider(country), envelope).await
    }

    /// Sends what must not run again to a provider that may have restarted: connections from before it may only now be found
    /// to have ended.
    pub(crate) async fn send_again(
        &self,
        country: &Country,
        envelope: &Envelope,
    ) -> Result<Envelope, LinkError> {
        for _ in 0..OLD_CONNECTIONS_LIMIT {
            let sent = self.send(country, envelope.clone()).await;
            if !matches!(sent, Err(LinkError::Broken { .. })) {
                return sent;
            }
        }
        self.send(country, envelope.clone()).await
    }

    /// Seals and sends an honest message; the status of the answer.
    pub(crate) async fn honest(&self, country: &Country) -> StatusCode {
        let answer = self.send(country, self.seal(self.draft()).await).await.unwrap();
        AnswerHead::parse(answer.head).unwrap().status
    }

    /// A bare connection to the provider, to put any bytes on.
    pub(crate) async fn stream(&self, country: &Country) -> TlsStream<TcpStream> {
        self.forger.stream(&provider(country)).await
    }

    /// Listens where the directory says that the forger does, and answers as `answering` says, until the folder is dropped.
    pub(crate) fn listen(self, country: &Country, answering: Answering) -> (Arc<FalseProvider>, TempDir) {
        let listener = country.forger.lock().unwrap().take().unwrap();
        (self.forger.serve(listener, answering), self.dir)
    }
}
