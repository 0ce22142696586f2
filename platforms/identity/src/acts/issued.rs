//! What tokens that were issued are good for: what their holder may know of a person, what their audience may ask of them
//! (RFC 7662), and how their client gives them back (RFC 7009).

use super::{
    ActError,
    clients::{CLOCK_AHEAD_SECONDS, Client, Thumbprint, sector},
    tokens::{ACCESS_TOKEN, NoToken, OauthError, acts_for, scope},
};
use crate::{
    Identity, jose,
    model::{Account, ContactKind, Grant, Mandate, Ticket, TicketKind},
    records, rules,
    secret::Secret,
};
use contracts::identity::{ClaimField, SYSTEM_URN_PREFIX};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use store::{StoreError, params};
use system::ShownCertificate;
use uuid::Uuid;

/// An access token of ours that has not expired and was not given back.
struct Issued {
    claims: Value,
    id: Uuid,
    /// What it came of, where it is of a person.
    grant: Option<Grant>,
}

impl Issued {
    fn text(&self, name: &str) -> &str {
        self.claims.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn second(&self, name: &str) -> i64 {
        self.claims.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    /// Whoever shows it shows the certificate it is bound to, if it is bound to one (RFC 8705, section 3).
    fn is_shown_by_its_holder(&self, shown: Option<&ShownCertificate>, now: Timestamp) -> bool {
        match self.claims.get("cnf") {
            None => true,
            Some(confirmation) => shown.is_some_and(|shown| {
                confirmation.get("x5t#S256").and_then(Value::as_str) == Some(&Thumbprint::of(shown).0)
                    && shown.stands(now)
            }),
        }
    }
}

impl Identity {
    /// The access token, if it is one that is in force.
    async fn issued(&self, token: &str) -> Result<Option<Issued>, ActError> {
        let keys = self.keys().await?;
        let Ok(claims) = jose::verify(token, &[ACCESS_TOKEN], &keys.verifying) else { return Ok(None) };
        let Some(id) = claims.get("jti").and_then(Value::as_str).and_then(|id| id.parse().ok()) else {
            return Ok(None);
        };
        let mut issued = Issued { claims, id, grant: None };
        let now = self.now().as_second();
        let is_in_time = now < issued.second("exp") && issued.second("iat") <= now + CLOCK_AHEAD_SECONDS;
        if issued.text("iss") != self.issuer() || !is_in_time {
            return Ok(None);
        }
        if let Some(grant) = issued.claims.get("grant") {
            let Some(id) = grant.as_str().and_then(|id| id.parse().ok()) else { return Ok(None) };
            let Some(grant) = records::grant(&self.room.store, id).await? else { return Ok(None) };
            if self.name_of_grant(&grant).await?.is_err() {
                return Ok(None);
            }
            issued.grant = Some(grant);
        }
        let is_revoked = records::is_revoked_token(&self.room.store, issued.id).await?;
        Ok((!is_revoked).then_some(issued))
    }

    /// What the holder of an access token may know of the person; `None` where the token is good for nothing.
    pub(crate) async fn user_info(
        &self,
        token: &str,
        shown: Option<&ShownCertificate>,
    ) -> Result<Option<Value>, ActError> {
        let issued = self.issued(token).await?.filter(|issued| {
            issued.text("aud") == self.issuer() && issued.is_shown_by_its_holder(shown, self.now())
        });
        let Some(grant) = issued.and_then(|issued| issued.grant) else { return Ok(None) };
        let Some(account) = records::account(&self.room.store, grant.account).await? else { return Ok(None) };
        let mut answer = Map::new();
        let keys = self.keys().await?;
        let subject = keys.subject(sector(&grant.client), account.id);
        answer.insert("sub".into(), subject.into());
        for field in &grant.content.fields {
            tell(&mut answer, &account, *field);
        }
        if grant.content.fields.contains(&ClaimField::Represents) {
            let today = self.room.clock.today();
            let held = records::all_mandates(&self.room.store, account.person, today).await?;
            let held = held.iter().filter(|held| rules::mandate::holds(held, today));
            answer.insert("represents".into(), held.map(represented).collect());
        }
        if let Ok(Some(name)) = self.name_of_grant(&grant).await?
            && let Some(mut acts_for) = acts_for(&keys, &grant.client, &grant)
        {
            acts_for["code"] = name.code.into();
            acts_for["name"] = name.name.into();
            answer.insert("acts_for".into(), acts_for);
        }
        if grant.content.fields.contains(&ClaimField::Posts) {
            let today = self.room.clock.today();
            let systems = records::systems_of(&self.room.store, &grant.client).await?;
            let held = records::posts_of(&self.room.store, account.person, today).await?;
            let posts = held.into_iter().map(|held| held.new.post);
            let told = posts.filter(|post| post.holds_on(today) && systems.contains(&post.system));
            answer.insert("posts".into(), json!(told.collect::<Vec<_>>()));
        }
        Ok(Some(answer.into()))
    }

    /// Says what a token is good for, to the system it is for or that got it; to others it is good for nothing.
    pub(super) async fn introspect(&self, mut client: Client, token: &str) -> Result<Value, NoToken> {
        if !client.is_authenticated() {
            return Err(
                OauthError("invalid_client", "show a key or a certificate to ask about tokens").into()
            );
        }
        self.use_assertion(&mut client).await?;
        if let Some(issued) = self.issued(token).await? {
            return Ok(told_of(&client, &issued).unwrap_or_else(inactive));
        }
        let found = self.refresh_token(token).await?;
        let found = found.filter(|(ticket, grant)| {
            let now = self.now();
            let is_fresh = rules::is_fresh(ticket.issued_at, ticket.expires_at, now);
            grant.client == client.id && is_fresh && !ticket.used && now < grant.expires_at
        });
        Ok(found.map_or_else(inactive, |(ticket, grant)| {
            json!({
                "active": true,
                "iss": self.issuer(),
                "client_id": client.id,
                "scope": scope(&grant),
                "iat": ticket.issued_at.as_second(),
                "exp": ticket.expires_at.as_second(),
            })
        }))
    }

    /// Takes a token back at the wish of its client. With a refresh token all goes that came of the same authorization. A
    /// token that is none, or in force no longer, is given back already.
    pub(super) async fn give_back(&self, mut client: Client, token: &str) -> Result<(), NoToken> {
        let mut batch = std::mem::take(&mut client.batch);
        let now = self.now();
        let owner = if let Some(issued) = self.issued(token).await? {
            let expires_at = Timestamp::from_second(issued.second("exp")).unwrap_or(Timestamp::MAX);
            records::revoke_token(&mut batch, issued.id, expires_at, now);
            Some(issued.text("client_id").to_owned())
        } else if let Some((_, grant)) = self.refresh_token(token).await? {
            batch.change(&records::REVOKE_GRANT, params![grant.id, now]);
            Some(grant.client)
        } else {
            None
        };
        if owner.is_some_and(|owner| owner != client.id) {
            return Err(OauthError("unauthorized_client", "the token is of another client").into());
        }
        client.batch = batch;
        self.use_assertion(&mut client).await
    }

    async fn refresh_token(&self, text: &str) -> Result<Option<(Ticket, Grant)>, StoreError> {
        let Some(secret) = Secret::parse(text) else { return Ok(None) };
        let found = records::ticket(&self.room.store, &secret).await?;
        Ok(found.filter(|(ticket, _)| ticket.kind == TicketKind::Refresh))
    }
}

/// Nothing is said of a token that is not in force, or not the asker's business.
fn inactive() -> Value {
    json!({ "active": false })
}

/// What a client is told of a token that it got, or that is for its system.
fn told_of(client: &Client, issued: &Issued) -> Option<Value> {
    let is_for_its_system =
        issued.text("aud").strip_prefix(SYSTEM_URN_PREFIX).is_some_and(|system| system == client.sector());
    if issued.text("client_id") != client.id && !is_for_its_system {
        return None;
    }
    let mut answer = json!({ "active": true, "token_type": "Bearer" });
    for name in ["iss", "aud", "sub", "client_id", "system", "scope", "iat", "exp", "jti", "cnf", "acts_for"]
    {
        if let Some(value) = issued.claims.get(name) {
            answer[name] = value.clone();
        }
    }
    Some(answer)
}

fn tell(answer: &mut Map<String, Value>, account: &Account, field: ClaimField) {
    let contact = |kind| (account.contact.kind == kind).then(|| account.contact.address.clone());
    let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    match field {
        ClaimField::Name => drop(put("name", account.name.as_str().into())),
        ClaimField::Birthdate => drop(put("birthdate", account.birth_date.to_string().into())),
        ClaimField::Gender => drop(put("gender", json!(account.person.sex()))),
        ClaimField::PersonalNumber => drop(put("personal_number", account.person.to_string().into())),
        ClaimField::PhoneNumber => {
            if let Some(phone) = contact(ContactKind::Phone) {
                put("phone_number", phone.into());
                put("phone_number_verified", true.into());
            }
        }
        ClaimField::Email => {
            if let Some(email) = contact(ContactKind::Email) {
                put("email", email.into());
                put("email_verified", true.into());
            }
        }
        // Read beside the account.
        ClaimField::Represents | ClaimField::Posts => {}
    }
}

/// Somebody for whom the person acts.
fn represented(mandate: &Mandate) -> Value {
    json!({
        "kind": mandate.kind,
        "number": mandate.subject,
        "name": mandate.subject_name,
        "from": mandate.from,
        "until": mandate.until,
    })
}
