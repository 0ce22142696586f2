//! A NATS server of one's own for tests. Behind the feature `testing`; panics with a message for the developer.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// How often and how long apart the new server's ports are looked for.
const START_ATTEMPTS_MAX: u32 = 600;
const START_ATTEMPT_MILLISECONDS: u64 = 50;

/// A NATS server with JetStream of this test process. It ends, and its files go, with the process.
pub struct NatsServer {
    url: String,
    prefixes: AtomicU32,
    /// Its standard input is the life line: the keeper stops the server when this end closes.
    _keeper: Child,
}

/// The server of this test process, started when first asked for, on a port that was free.
///
/// # Panics
/// When `nats-server` isn't installed or doesn't start.
pub fn nats() -> &'static NatsServer {
    static SERVER: OnceLock<NatsServer> = OnceLock::new();
    SERVER.get_or_init(NatsServer::start)
}

/// Runs the server, and stops it and removes its files when standard input closes, which also happens when the test
/// process is killed. A key pressed to stop the tests must not stop the keeper before that.
const KEEPER: &str = r#"
trap '' INT
"$1" -js -sd "$2/data" -a 127.0.0.1 -p -1 --ports_file_dir "$2/ports" >"$2/log" 2>&1 </dev/null &
server=$!
read -r _
kill "$server"
wait "$server"
rm -rf "$2"
"#;

impl NatsServer {
    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A prefix that nobody else of this process has.
    pub fn prefix(&self) -> String {
        format!("test-{}", self.prefixes.fetch_add(1, Ordering::Relaxed))
    }

    fn start() -> Self {
        let directory =
            tempfile::Builder::new().prefix("nats").tempdir().expect("a temporary directory").keep();
        std::fs::create_dir(directory.join("ports")).expect("a folder for the ports");
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .args([program().as_os_str(), directory.as_os_str()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell to keep the server");
        let url = wait_until_up(&directory, &mut keeper);
        Self { url, prefixes: AtomicU32::new(1), _keeper: keeper }
    }
}

/// Debian puts it where ordinary users do not look.
fn program() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nats-server")).find(|program| program.exists()).unwrap_or_else(|| {
        panic!("NATS is needed by the tests and is not installed: run `apt-get install nats-server`")
    })
}

fn wait_until_up(directory: &Path, keeper: &mut Child) -> String {
    for _ in 0..START_ATTEMPTS_MAX {
        if let Some(url) = listening(&directory.join("ports")) {
            return url;
        }
        if let Ok(Some(status)) = keeper.try_wait() {
            let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
            panic!("the NATS server ended with {status}:\n{log}");
        }
        std::thread::sleep(Duration::from_millis(START_ATTEMPT_MILLISECONDS));
    }
    let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
    panic!("the NATS server did not start:\n{log}");
}

/// The address in the file that the server writes once it listens.
fn listening(ports: &Path) -> Option<String> {
    let file = std::fs::read_dir(ports).ok()?.flatten().next()?.path();
    let ports: serde_json::Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    ports["nats"][0].as_str().map(str::to_owned)
}
