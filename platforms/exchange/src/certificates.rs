//! TLS in which any system of the directory may show its certificate, whatever agency it belongs to: for what a system serves
//! beside the exchange, such as the token endpoint of the identity system.

use crate::{
    Node, NodeError,
    directory::Keeper,
    node::{clock_of, roots_of},
};
use contracts::SystemId;
use pki::tls::{AllowPeer, Peers, server_config};
use rustls::ServerConfig;
use std::sync::Arc;

/// The configuration of a listener under the node's certificate, and who may come in: a system of the directory, with a
/// certificate of one of its authorities that the centre has not revoked.
///
/// # Errors
/// [`NodeError::NoDirectory`], [`NodeError::Pki`].
pub fn of_any_system(node: &Node) -> Result<(Arc<ServerConfig>, Peers), NodeError> {
    let directory = node.keeper.current().ok_or(NodeError::NoDirectory)?;
    let roots = Arc::new(roots_of(&directory)?);
    let peers = Peers::Systems(allow_any_system(node.keeper.clone()));
    let config = server_config(&node.identity, roots, peers.clone(), clock_of(&node.clock))?;
    Ok((config, peers))
}

fn allow_any_system(keeper: Arc<Keeper>) -> AllowPeer {
    Arc::new(move |id, shown| {
        let Ok(system) = id.parse::<SystemId>() else { return false };
        keeper.current().is_some_and(|directory| {
            directory.system(&system).is_some() && !shown.any(|print| directory.is_revoked(print))
        })
    })
}
