//! The pages of one agency's node stand on the identity system of another's, in two processes.

use super::{
    agencies::{Agencies, Agency},
    browser::{Answer, Browser},
    program::Running,
    signing_in::{codes, send, wait_until},
};
use contracts::{PersonName, identity::Level};
use identity::sandbox::{SANDBOX_PASSWORD, SandboxPerson, SandboxPost};
use std::path::Path;
use store::{Location, Store};
use system::{Clock, Random};

/// The operator of the city's node, and somebody without a post.
const OPERATOR: &str = "001190000001";
const NOBODY: &str = "001190000002";
/// What the city's node says before it tells its key.
const KEY: &str = "signs in with the key ";

/// The accounts that the identity system has, as if people had opened them and administrators had given the post.
fn open_accounts(file: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (now, random) = (Clock::real().now(), Random::from_system().unwrap());
        let store = Store::open(&Location::SqliteFile(file.into()), &identity::SCHEMA, now).await.unwrap();
        let somebody = |number: &str, name: &str, posts| SandboxPerson {
            number: number.parse().unwrap(),
            name: PersonName::split(name).unwrap(),
            birth_date: "1990-01-01".parse().unwrap(),
            level: Level::One,
            posts,
        };
        let post = SandboxPost { agency: "H26".into(), system: "exchange", post: "operator", unit: None };
        let people =
            [somebody(OPERATOR, "Trần Thị Nút", vec![post]), somebody(NOBODY, "Lê Văn Không", vec![])];
        identity::sandbox::open_accounts(&store, &people, &random, now).await.unwrap();
        identity::sandbox::give_posts(&store, &people, &random, now).await.unwrap();
        store.close().await.unwrap();
    });
}

/// The city's pages, and those of the identity system.
struct Sites<'a> {
    city: &'a Agency,
    identity: &'a Agency,
}

impl Sites<'_> {
    /// Somebody's browser at both sites.
    fn arrive(&self) -> (Browser, Browser) {
        let at = |agency: &Agency| Browser::new(&agency.pages.to_string());
        (at(self.city), at(self.identity))
    }

    /// Signs in to the city's pages with password and code; the page that was asked for.
    fn sign_in(&self, (city, identity): &mut (Browser, Browser), number: &str) -> Answer {
        let sent = city.get("/exchange/messages");
        let to = sent.header("location").unwrap_or_else(|| panic!("to sign in: {}", sent.text())).to_owned();
        let path =
            to.strip_prefix(&format!("http://{}", self.identity.pages)).expect("to the identity system");
        let form = identity.get(path);
        let back = form.value_after("name=\"return\" value=\"").expect("the way on");
        let known = self.codes().len();
        let answers = [("number", number), ("password", SANDBOX_PASSWORD), ("return", &back)];
        let asked = send(identity, &form, "/identity/sign-in", &answers);
        wait_until("a code is sent", || self.codes().len() > known);
        assert!(asked.text().contains("name=\"code\""), "a browser that nobody knows: {}", asked.text());
        let code = self.codes().remove(0);
        let answered = send(identity, &asked, "/identity/sign-in/code", &[("code", &code)]);
        let back =
            answered.header("location").unwrap_or_else(|| panic!("back: {}", answered.text())).to_owned();
        city.get(back.strip_prefix(&format!("http://{}", self.city.pages)).expect("back to the city"))
    }

    fn codes(&self) -> Vec<String> {
        codes(&self.identity.folder.join("data/post"))
    }
}

fn key_of(city: &Running) -> String {
    let messages = city.messages();
    let (_, rest) = messages.split_once(KEY).unwrap_or_else(|| panic!("it tells its key: {messages}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn the_pages_of_a_node_are_signed_in_to_at_the_identity_system_of_another() {
    let all = Agencies::prepare();
    let (city, identity) = (&all.consumer, &all.provider);
    let sites = Sites { city, identity };
    let _centre = all.centre.start();
    let plain = std::fs::read_to_string(city.file()).unwrap();
    let issuer = format!("http://{}/identity", identity.pages);
    city.configure(&format!("{plain}\n[sign-in]\nissuer = \"{issuer}\"\n"));
    let running = city.start();
    let away = Browser::new(&city.pages.to_string()).get("/exchange/messages");
    assert_eq!(away.status, 503, "the identity system is not there yet: {}", away.text());
    assert!(city.doctor().said().contains("nobody can sign in to the pages: "), "{}", city.doctor().said());

    std::fs::create_dir_all(identity.folder.join("data")).unwrap();
    open_accounts(&identity.folder.join("data/identity.sqlite"));
    let hosting = format!("hosts = [\"identity\"]\n{}", std::fs::read_to_string(identity.file()).unwrap());
    let site = format!(
        "\n[[sites]]\nclient = \"VN/GOV/H26/pages\"\nname = \"Hà Nội\"\nurl = \"http://{}\"\nkey = \"{}\"\n\
         systems = [\"exchange\"]\n",
        city.pages,
        key_of(&running)
    );
    identity.configure(&format!("{hosting}{site}"));
    let provider = identity.start();
    let doctor = city.doctor();
    assert!(doctor.said().contains(&format!("people can sign in at {issuer}")), "{}", doctor.said());

    let (mut operator, mut nobody) = (sites.arrive(), sites.arrive());
    let messages = sites.sign_in(&mut operator, OPERATOR);
    assert_eq!(messages.status, 200, "{}", messages.text());
    assert!(messages.text().contains("Trần Thị Nút"), "the page says who is there");
    assert_eq!(sites.sign_in(&mut nobody, NOBODY).status, 404, "messages are for operators only");
    assert!(nobody.0.get("/exchange").text().contains("Lê Văn Không"), "and they are signed in all the same");

    // The node that nobody can sign in to says so, and shows nothing but what is public.
    let mut stranger = Browser::new(&all.centre.pages.to_string());
    assert!(stranger.get("/exchange/messages").text().contains("Nobody can sign in here"));
    assert_eq!(stranger.get("/exchange").status, 200);

    // Whoever signs out of the account is out of the city's pages.
    let account = operator.1.get("/identity");
    send(&mut operator.1, &account, "/identity/sign-out", &[]);
    wait_until("the operator is out", || operator.0.get("/exchange/messages").header("location").is_some());

    // Nobody is thrown out because the identity system is away.
    provider.stop("KILL");
    assert!(nobody.0.get("/exchange").text().contains("Lê Văn Không"));
    assert_eq!(operator.0.get("/exchange/messages").status, 503, "and nobody can come in");
    let _provider = identity.start();
    let again = sites.sign_in(&mut sites.arrive(), OPERATOR);
    assert_eq!(again.status, 200, "{}", again.text());
}
