//! What the system answers on the exchange.

use crate::{
    FACTS, Identity,
    authority::{ACCOUNT, CLIENT, MANDATE, POST, permit},
    model::Mandate,
    records, rules,
};
use contracts::{
    Problem,
    identity::{
        AccountFound, AccountOf, ClientRegistered, ClientRegistration, EndMandate, LookUpAccount,
        LookUpPosts, MandateEnd, MandateNoted, MandateRegistration, PostsHeld, PostsOf, RegisterClient,
        RegisterMandate,
    },
};
use std::sync::Arc;
use store::{Batch, StoreError, params};
use system::{Access, Incoming, Service};

/// Every operation with the code that answers it.
pub(crate) fn all(system: &Arc<Identity>) -> Vec<Service> {
    vec![
        Service::of::<LookUpAccount, _, _, _>(system, Identity::look_up_account),
        Service::of::<RegisterClient, _, _, _>(system, Identity::register_client),
        Service::of::<RegisterMandate, _, _, _>(system, Identity::register_mandate),
        Service::of::<EndMandate, _, _, _>(system, Identity::end_mandate),
        Service::of::<LookUpPosts, _, _, _>(system, Identity::look_up_posts),
    ]
}

impl Identity {
    async fn look_up_account(
        self: Arc<Self>,
        incoming: Incoming,
        request: AccountOf,
    ) -> Result<AccountFound, Problem> {
        permit(&incoming, Access::Read, ACCOUNT, Some(request.number))?;
        let account = records::account_of(&self.room.store, request.number).await.map_err(store_problem)?;
        Ok(AccountFound { level: account.map(|account| account.level) })
    }

    /// A client belongs to the system that registers it: its identifier begins with that system's.
    async fn register_client(
        self: Arc<Self>,
        incoming: Incoming,
        request: ClientRegistration,
    ) -> Result<ClientRegistered, Problem> {
        permit(&incoming, Access::Change, CLIENT, None)?;
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

    /// Which registers may note mandates is decided by the grants of the exchange.
    async fn register_mandate(
        self: Arc<Self>,
        incoming: Incoming,
        request: MandateRegistration,
    ) -> Result<MandateNoted, Problem> {
        permit(&incoming, Access::Change, MANDATE, Some(request.holder))?;
        let faults = rules::mandate::check(&request);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        let mandate = Mandate {
            id: request.mandate,
            holder: request.holder,
            kind: request.kind,
            subject: request.subject,
            subject_name: request.subject_name,
            basis: request.basis,
            from: request.from,
            until: request.until,
            registered_by: incoming.client.to_string(),
            given_from: None,
        };
        let mut batch = Batch::new();
        records::note_mandate(&mut batch, &mandate, self.now());
        self.room.store.write(batch).await.map_err(store_problem)?;
        self.noted(mandate.id, &mandate.registered_by).await
    }

    async fn end_mandate(
        self: Arc<Self>,
        incoming: Incoming,
        request: MandateEnd,
    ) -> Result<MandateNoted, Problem> {
        permit(&incoming, Access::Change, MANDATE, None)?;
        let by = incoming.client.to_string();
        self.noted(request.mandate, &by).await?;
        let mut batch = Batch::new();
        // One that ends earlier anyway stays as it is.
        batch.change(&records::END_MANDATE, params![request.mandate, request.on, &by]);
        self.room.store.write(batch).await.map_err(store_problem)?;
        self.noted(request.mandate, &by).await
    }

    /// A system learns which posts somebody holds in it, and nothing of their posts elsewhere.
    async fn look_up_posts(
        self: Arc<Self>,
        incoming: Incoming,
        request: PostsOf,
    ) -> Result<PostsHeld, Problem> {
        permit(&incoming, Access::Read, POST, Some(request.number))?;
        let today = self.room.clock.today();
        let held = records::posts_of(&self.room.store, request.number, today).await.map_err(store_problem)?;
        let posts = held.into_iter().map(|held| held.new.post);
        let here = posts.filter(|post| post.system == incoming.client.system && post.holds_on(today));
        Ok(PostsHeld { posts: here.collect() })
    }

    /// A mandate of the system that calls; those of others are not there.
    async fn noted(&self, mandate: uuid::Uuid, by: &str) -> Result<MandateNoted, Problem> {
        let held = records::mandate(&self.room.store, mandate).await.map_err(store_problem)?;
        let held = held.filter(|held| held.registered_by == by).ok_or_else(Problem::not_found)?;
        Ok(MandateNoted { mandate, until: held.until })
    }
}

fn store_problem(error: StoreError) -> Problem {
    tracing::error!(system = FACTS.code, %error, "the store failed");
    Problem::unavailable("the store of the identity system can't be used just now")
}
