//! Relying parties that others wrote, against the running provider. `tests/relying-parties` holds their scripts, and
//! installs them.

use crate::{
    provider::registration,
    site::{Browser, Site},
};
use contracts::identity::{ClientAuthentication, ClientRegistration, SigningAlgorithm};
use identity::testing::ClientKey;
use std::process::Stdio;
use tokio::{net::TcpListener, process::Command};

/// Runs one script against a provider of its own, with a person who is signed in there.
async fn run(program: &str, script: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let site = Site::open_for_real(&url).await;
    let (mut browser, _) = site.account().await;
    let serving = tokio::spawn(axum::serve(listener, site.router()).into_future());
    let callback = "http://127.0.0.1:9/callback";
    // A port for a relying party that is a server itself.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let public = ClientRegistration { redirect_uris: vec![callback.into()], ..registration() };
    let served = ClientRegistration {
        code: "served".into(),
        redirect_uris: vec![format!("http://{server}/callback")],
        backchannel_logout_uri: Some(format!("http://{server}/callback?logout=backchannel")),
        ..public.clone()
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/relying-parties");
    let key = ClientKey::new(SigningAlgorithm::Es256);
    let system = ClientRegistration {
        code: "system".into(),
        authentication: ClientAuthentication::PrivateKeyJwt,
        jwks: Some(key.jwks()),
        id_token_signed_response_alg: SigningAlgorithm::EdDsa,
        client_credentials: true,
        ..public.clone()
    };
    let cookies = |browser: &Browser| -> String {
        browser.cookies.iter().map(|(name, value)| format!("{name}={value}; ")).collect()
    };
    site.get(&mut browser, "/identity").await;
    let ended = Command::new(program)
        .arg(script)
        .current_dir(folder)
        .env("ISSUER", format!("{url}/identity"))
        .env("PUBLIC_CLIENT", site.register(&public).await)
        .env("KEYED_CLIENT", site.register(&system).await)
        .env("SERVED_CLIENT", site.register(&served).await)
        .env("SERVER", server.to_string())
        .env("CLIENT_KEY", key.private_jwk().to_string())
        .env("CALLBACK", callback)
        .env("COOKIES", cookies(&browser))
        .env("AUTHLIB_INSECURE_TRANSPORT", "1")
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap_or_else(|error| panic!("{program} can't be run: {error}; see ./test"));
    serving.abort();
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{script}:\n{out}\n{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn openid_client_signs_a_person_in() {
    run("node", "openid-client.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oauth4webapi_signs_a_person_in() {
    run("node", "oauth4webapi.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mod_auth_openidc_signs_a_person_in() {
    run("node", "mod-auth-openidc.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn authlib_signs_a_person_in() {
    let python = std::env::var("AUTHLIB").expect(
        "AUTHLIB names the Python of the environment that tests/relying-parties/install-authlib.sh makes",
    );
    run(&python, "authlib_client.py").await;
}
