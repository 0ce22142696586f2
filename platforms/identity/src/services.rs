//! What the system answers on the exchange.

use crate::{FACTS, Identity, records, rules};
use contracts::{
    Problem, Purpose,
    identity::{
        AccountFound, AccountOf, ClientRegistered, ClientRegistration, LookUpAccount, RegisterClient,
    },
};
use std::sync::Arc;
use store::{Batch, StoreError};
use system::{Incoming, Service};

/// Every operation with the code that answers it.
pub(crate) fn all(system: &Arc<Identity>) -> Vec<Service> {
    vec![
        Service::of::<LookUpAccount, _, _, _>(system, Identity::look_up_account),
        Service::of::<RegisterClient, _, _, _>(system, Identity::register_client),
    ]
}

impl Identity {
    /// Whether somebody has an account is told for the procedure they are in, and to themselves.
    async fn look_up_account(
        self: Arc<Self>,
        incoming: Incoming,
        request: AccountOf,
    ) -> Result<AccountFound, Problem> {
        let is_self = incoming.context.user == Some(request.number.to_string());
        match incoming.context.purpose.0.as_str() {
            Purpose::IDENTIFICATION | Purpose::PROCEDURE => {}
            Purpose::OWN_DATA if is_self => {}
            _ => return Err(Problem::forbidden()),
        }
        let account = records::account_of(&self.room.store, request.number).await.map_err(store_problem)?;
        Ok(AccountFound { level: account.map(|account| account.level) })
    }

    /// A client belongs to the system that registers it: its identifier begins with that system's.
    async fn register_client(
        self: Arc<Self>,
        incoming: Incoming,
        request: ClientRegistration,
    ) -> Result<ClientRegistered, Problem> {
        if incoming.context.purpose.0 != Purpose::IDENTIFICATION {
            return Err(Problem::forbidden());
        }
        let faults = rules::client::check(&request);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let client_id = format!("{}/{}", incoming.client, request.code);
        let mut batch = Batch::new();
        records::register_client(&mut batch, &client_id, &request, self.now());
        self.room.store.write(batch).await.map_err(store_problem)?;
        Ok(ClientRegistered { client_id, issuer: self.issuer() })
    }
}

fn store_problem(error: StoreError) -> Problem {
    tracing::error!(system = FACTS.code, %error, "the store failed");
    Problem::unavailable("the store of the identity system can't be used just now")
}
