use std::io;
use std::sync::Arc;

use jiff::ToSpan;
use pki::certificate::key_fingerprint;
use pki::tls::{
    Peers, admit, client_config, explain, load_roots, peer_node_id, peer_system_id, server_config,
};
use pki::{Holder, Identity, PkiError, SharedIdentity, inspect};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_rustls::{TlsAcceptor, TlsConnector, rustls};

use crate::elsewhere::Token;
use crate::support::{Country, days, now, openssl};

const GREETING: &[u8] = b"xin chao";

/// What one side saw of a connection over which a greeting went both ways.
struct Seen {
    certificates: Option<Vec<CertificateDer<'static>>>,
    kind: Option<HandshakeKind>,
}

/// Connects a client to a server in memory; each side's outcome.
async fn connect(
    server: &Arc<ServerConfig>,
    client: &Arc<ClientConfig>,
    name: ServerName<'static>,
) -> (Result<Seen, io::Error>, Result<Seen, io::Error>) {
    let (near, far) = duplex(64 * 1024);
    let serving = async {
        let mut stream = TlsAcceptor::from(server.clone()).accept(far).await?;
        stream.write_all(GREETING).await?;
        stream.flush().await?;
        stream.read_exact(&mut [0; GREETING.len()]).await?;
        let connection = stream.get_ref().1;
        let certificates = connection.peer_certificates().map(<[_]>::to_vec);
        Ok(Seen { certificates, kind: connection.handshake_kind() })
    };
    let calling = async {
        let mut stream = TlsConnector::from(client.clone()).connect(name, near).await?;
        stream.read_exact(&mut [0; GREETING.len()]).await?;
        stream.write_all(GREETING).await?;
        stream.flush().await?;
        let connection = stream.get_ref().1;
        let certificates = connection.peer_certificates().map(<[_]>::to_vec);
        Ok(Seen { certificates, kind: connection.handshake_kind() })
    };
    tokio::join!(serving, calling)
}

#[tokio::test]
async fn a_key_that_is_elsewhere_shakes_hands_on_both_sides() {
    let country = Country::new();
    let [near, far] = ["VN/GOV/G01", "VN/GOV/H26"].map(|id| {
        let (dir, identity) = (tempfile::tempdir().unwrap(), country.node(id));
        let file = dir.path().join("node.pem");
        identity.current().save(&file).unwrap();
        SharedIdentity::new(Identity::load_chain(&file, Token::of_file(&file)).unwrap())
    });
    let name = near.current().holder().server_name();
    let (server, client) = (nodes_server(&country, &near), client(&country, &far));
    let (served, called) = connect(&server, &client, name).await;
    assert!(peer_node_id(served.unwrap().certificates.as_deref()).unwrap() == "VN/GOV/H26");
    assert!(peer_node_id(called.unwrap().certificates.as_deref()).unwrap() == "VN/GOV/G01");
}

fn nodes_server(country: &Country, identity: &SharedIdentity) -> Arc<ServerConfig> {
    let (roots, peers) = (Arc::new(country.authority.roots()), Peers::Nodes(country.directory.allow()));
    server_config(identity, roots, peers, country.hands.clock()).unwrap()
}

fn client(country: &Country, identity: &SharedIdentity) -> Arc<ClientConfig> {
    let roots = Arc::new(country.authority.roots());
    client_config(identity, roots, country.directory.allow(), country.hands.clock()).unwrap()
}

fn name_of(identity: &SharedIdentity) -> ServerName<'static> {
    identity.current().holder().server_name()
}

fn refused(outcome: Result<Seen, io::Error>) -> String {
    explain(&outcome.err().expect("the handshake must fail"))
}

#[tokio::test]
async fn two_listed_nodes_meet_and_know_each_other() {
    let country = Country::new();
    let (g01, g15) = (country.node("VN/GOV/G01"), country.node("VN/GOV/G15"));
    let (served, called) =
        connect(&nodes_server(&country, &g01), &client(&country, &g15), name_of(&g01)).await;
    let (served, called) = (served.unwrap(), called.unwrap());
    assert_eq!(peer_node_id(served.certificates.as_deref()).unwrap(), "VN/GOV/G15");
    assert_eq!(peer_node_id(called.certificates.as_deref()).unwrap(), "VN/GOV/G01");
    let peers = Peers::Nodes(country.directory.allow());
    let peer = admit(&peers, served.certificates.as_deref(), now()).unwrap();
    assert_eq!((peer.holder.id(), peer.fingerprint), ("VN/GOV/G15", g15.current().fingerprint()));
}

#[tokio::test]
async fn a_system_calls_its_node_and_not_another_listener() {
    let country = Country::new();
    let (node, system) = (country.node("VN/GOV/H26"), country.system("VN/GOV/H26/mot-cua"));
    let (roots, peers) = (Arc::new(country.authority.roots()), Peers::Systems(country.directory.allow()));
    let for_systems = server_config(&node, roots, peers, country.hands.clock()).unwrap();

    let (served, called) = connect(&for_systems, &client(&country, &system), name_of(&node)).await;
    assert_eq!(peer_system_id(served.unwrap().certificates.as_deref()).unwrap(), "VN/GOV/H26/mot-cua");
    assert!(matches!(
        peer_system_id(called.unwrap().certificates.as_deref()),
        Err(PkiError::WrongRole { .. })
    ));

    let (served, _) =
        connect(&nodes_server(&country, &node), &client(&country, &system), name_of(&node)).await;
    assert!(
        refused(served).contains("the peer is the system VN/GOV/H26/mot-cua, but only a node is served here")
    );
    let (served, _) = connect(&for_systems, &client(&country, &node), name_of(&node)).await;
    assert!(refused(served).contains("the peer is the node VN/GOV/H26, but only a system is served here"));
}

#[tokio::test]
async fn a_client_without_a_certificate_is_refused() {
    let country = Country::new();
    let g01 = country.node("VN/GOV/G01");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let bare = ClientConfig::builder_with_details(provider, client(&country, &g01).time_provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(country.authority.roots())
        .with_no_client_auth();
    let (served, called) = connect(&nodes_server(&country, &g01), &Arc::new(bare), name_of(&g01)).await;
    assert!(refused(served).contains("peer sent no certificates"));
    assert!(refused(called).contains("CertificateRequired"));
}

#[tokio::test]
async fn older_tls_is_refused() {
    let country = Country::new();
    let g01 = country.node("VN/GOV/G01");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let old = ClientConfig::builder_with_details(provider, client(&country, &g01).time_provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(country.authority.roots())
        .with_no_client_auth();
    let (served, called) = connect(&nodes_server(&country, &g01), &Arc::new(old), name_of(&g01)).await;
    assert!(refused(served).contains("peer is incompatible"));
    assert!(refused(called).contains("ProtocolVersion"));
}

#[tokio::test]
async fn an_authority_that_is_not_trusted_is_refused_by_both_sides() {
    let (ours, theirs) = (Country::new(), Country::new());
    let (g01, impostor) = (ours.node("VN/GOV/G01"), theirs.node("VN/GOV/G15"));
    // The directory lists the impostor's certificate; the root still decides.
    ours.directory.list("VN/GOV/G15", &impostor.current().fingerprint());
    let (served, _) = connect(&nodes_server(&ours, &g01), &client(&ours, &impostor), name_of(&g01)).await;
    assert!(refused(served).contains("invalid peer certificate"));
    let (_, called) =
        connect(&nodes_server(&ours, &impostor), &client(&ours, &g01), name_of(&impostor)).await;
    assert!(refused(called).contains("invalid peer certificate"));
}

#[tokio::test]
async fn certificates_are_valid_only_in_their_time() {
    for (moment, expected) in
        [(now() + (91 * 24).hours(), "certificate expired"), (now() - 1.hour(), "certificate not valid yet")]
    {
        let country = Country::new();
        let (g01, g15) = (country.node("VN/GOV/G01"), country.node("VN/GOV/G15"));
        let (server, caller) = (nodes_server(&country, &g01), client(&country, &g15));
        let late = Country { hands: crate::support::Hands::at(moment), ..country };
        let (_, called) = connect(&server, &client(&late, &g15), name_of(&g01)).await;
        assert!(refused(called).contains(expected));
        let (served, _) = connect(&nodes_server(&late, &g01), &caller, name_of(&g01)).await;
        assert!(refused(served).contains(expected));
    }
}

#[tokio::test]
async fn a_node_that_answers_under_another_name_is_refused() {
    let country = Country::new();
    let (g01, g15) = (country.node("VN/GOV/G01"), country.node("VN/GOV/G15"));
    let (_, called) = connect(&nodes_server(&country, &g01), &client(&country, &g15), name_of(&g15)).await;
    assert!(refused(called).contains("certificate not valid for name"));

    // Issued by a careless authority: one node's name beside another node's identifier.
    let directory = tempfile::tempdir().unwrap();
    let names = "subjectAltName=DNS:g15.gov.vn.lienthong.internal,URI:urn:lienthong:node:VN/GOV/G22";
    let issue =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "9"];
    let rest = ["-subj", "/CN=G22", "-addext", names, "-addext", "basicConstraints=critical,CA:FALSE"];
    let files = ["-keyout", "g22.key", "-out", "g22.crt"];
    openssl(directory.path(), &[&issue[..], &rest, &files].concat());
    let path = |name: &str| directory.path().join(name);
    let g22 = Identity::load_pair(&path("g22.crt"), &path("g22.key")).unwrap();
    country.directory.list("VN/GOV/G22", &g22.fingerprint());
    let validity = inspect(&g22.chain_pem()).unwrap().not_before;
    country.hands.set(validity);
    let roots = Arc::new(load_roots(&path("g22.crt")).unwrap());
    let caller = client_config(&g15, roots, country.directory.allow(), country.hands.clock()).unwrap();
    let server = nodes_server(&country, &SharedIdentity::new(g22));
    let (_, called) = connect(&server, &caller, name_of(&g15)).await;
    let expected = "the peer is the node VN/GOV/G22, but was called as g15.gov.vn.lienthong.internal";
    let found = refused(called);
    assert!(found.starts_with(expected), "{found}");
}

#[tokio::test]
async fn a_certificate_the_directory_does_not_list_is_refused_by_both_sides() {
    let country = Country::new();
    let (g01, g15) = (country.node("VN/GOV/G01"), country.node("VN/GOV/G15"));
    let unlisted =
        SharedIdentity::new(country.authority.issue(&Holder::node("VN/GOV/G01").unwrap(), days(90)).unwrap());
    let complaint =
        format!("the directory does not list the certificate {}", unlisted.current().fingerprint());
    let (served, _) =
        connect(&nodes_server(&country, &g15), &client(&country, &unlisted), name_of(&g15)).await;
    assert!(refused(served).contains(&complaint));
    let (_, called) =
        connect(&nodes_server(&country, &unlisted), &client(&country, &g15), name_of(&g01)).await;
    assert!(refused(called).contains(&complaint));

    // A listing of the key alone is enough.
    let key = key_fingerprint(unlisted.current().certificate()).unwrap();
    country.directory.list("VN/GOV/G01", &key);
    let (served, called) =
        connect(&nodes_server(&country, &g15), &client(&country, &unlisted), name_of(&g15)).await;
    assert!(served.is_ok() && called.is_ok());

    // Another node's listing is not.
    country.directory.withdraw("VN/GOV/G01");
    country.directory.list("VN/GOV/G22", &unlisted.current().fingerprint());
    let (served, _) =
        connect(&nodes_server(&country, &g15), &client(&country, &unlisted), name_of(&g15)).await;
    assert!(refused(served).contains(&complaint));
}

#[tokio::test]
async fn sessions_resume_until_a_certificate_is_renewed() {
    let country = Country::new();
    let (g01, g15) = (country.node("VN/GOV/G01"), country.node("VN/GOV/G15"));
    let (server, caller) = (nodes_server(&country, &g01), client(&country, &g15));
    let again = || async {
        let (served, called) = connect(&server, &caller, name_of(&g01)).await;
        let (served, called) = (served.unwrap(), called.unwrap());
        assert_eq!(served.kind, called.kind);
        let shown = |seen: Seen| pki::fingerprint(&seen.certificates.unwrap()[0]);
        (called.kind.unwrap(), shown(called), shown(served))
    };
    let presented = || (g01.current().fingerprint(), g15.current().fingerprint());
    let renew = |shared: &SharedIdentity| {
        let renewed = country.authority.issue(shared.current().holder(), days(90)).unwrap();
        country.directory.list(renewed.holder().id(), &renewed.fingerprint());
        shared.replace(renewed).unwrap();
    };

    for renewed in [None, Some(&g01), Some(&g15)] {
        if let Some(shared) = renewed {
            let before = shared.current().fingerprint();
            renew(shared);
            assert_ne!(shared.current().fingerprint(), before);
        }
        for expected in [HandshakeKind::Full, HandshakeKind::Resumed, HandshakeKind::Resumed] {
            let (kind, server_shown, client_shown) = again().await;
            assert_eq!(kind, expected, "{renewed:?}");
            assert_eq!((server_shown, client_shown), presented());
        }
    }
}

#[tokio::test]
async fn a_renewal_leaves_open_connections_alone() {
    let country = Country::new();
    let (g01, g15) = (country.node("VN/GOV/G01"), country.node("VN/GOV/G15"));
    let (server, caller) = (nodes_server(&country, &g01), client(&country, &g15));
    let (near, far) = duplex(64 * 1024);
    let accepting = TlsAcceptor::from(server).accept(far);
    let connecting = TlsConnector::from(caller).connect(name_of(&g01), near);
    let (served, called) = tokio::join!(accepting, connecting);
    let (mut served, mut called) = (served.unwrap(), called.unwrap());

    g01.replace(country.authority.issue(g01.current().holder(), days(90)).unwrap()).unwrap();
    called.write_all(GREETING).await.unwrap();
    called.flush().await.unwrap();
    let mut received = [0; GREETING.len()];
    served.read_exact(&mut received).await.unwrap();
    assert_eq!(received, GREETING);

    let other = country.authority.issue(g15.current().holder(), days(90)).unwrap();
    assert!(matches!(g01.replace(other), Err(PkiError::OtherHolder { .. })));
}

#[tokio::test]
async fn a_resumed_session_ends_where_it_is_admitted() {
    let country = Country::new();
    let (g01, g15) = (country.node("VN/GOV/G01"), country.node("VN/GOV/G15"));
    let (server, caller) = (nodes_server(&country, &g01), client(&country, &g15));
    let peers = Peers::Nodes(country.directory.allow());
    let (served, _) = connect(&server, &caller, name_of(&g01)).await;
    assert!(admit(&peers, served.unwrap().certificates.as_deref(), now()).is_ok());

    country.directory.withdraw("VN/GOV/G15");
    let (served, _) = connect(&server, &caller, name_of(&g01)).await;
    let served = served.unwrap();
    assert_eq!(served.kind, Some(HandshakeKind::Resumed));
    let withdrawn = admit(&peers, served.certificates.as_deref(), now());
    assert!(matches!(withdrawn, Err(PkiError::NotListed { .. })));

    country.directory.list("VN/GOV/G15", &g15.current().fingerprint());
    let later = now() + (91 * 24).hours();
    assert!(matches!(
        admit(&peers, served.certificates.as_deref(), later),
        Err(PkiError::NotValidNow { .. })
    ));
    assert!(matches!(admit(&peers, None, now()), Err(PkiError::NoPeerCertificate)));
    assert!(peer_node_id(Some(&[])).is_err());
}

#[test]
fn trusting_nobody_is_refused() {
    let country = Country::new();
    let g01 = country.node("VN/GOV/G01");
    let (nobody, peers) = (Arc::new(RootCertStore::empty()), Peers::Nodes(country.directory.allow()));
    assert!(server_config(&g01, nobody.clone(), peers, country.hands.clock()).is_err());
    assert!(client_config(&g01, nobody, country.directory.allow(), country.hands.clock()).is_err());
}
