//! Building, running and stopping the program.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, OnceLock},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// How long a command that ends by itself may take.
const RUN_LIMIT: Duration = Duration::from_secs(90);
/// How long a country or a node may take until it serves.
const START_LIMIT: Duration = Duration::from_secs(90);
/// How long it may take to stop: it drains for 20 seconds at most.
const STOP_LIMIT: Duration = Duration::from_secs(60);
/// How often a process is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// Names a program to be tested instead of the one that is built from these sources.
const PROGRAM_VARIABLE: &str = "LIENTHONG_PROGRAM";

/// The program, built at the first call.
pub(crate) fn path() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| std::env::var_os(PROGRAM_VARIABLE).map_or_else(build, PathBuf::from))
}

/// Builds the program beside this test, as cargo does not for the binaries of other packages.
fn build() -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let test = std::env::current_exe().expect("a test knows where it is");
    // <target>/<profile>/deps/it-<hash>
    let profile = test.ancestors().nth(2).expect("a test is in the folder of its profile");
    let target = profile.parent().expect("a profile is in the target folder");
    let mut command = Command::new(cargo);
    command.args(["build", "--package", "lienthong", "--bin", "lienthong", "--target-dir"]).arg(target);
    if profile.ends_with("release") {
        command.arg("--release");
    }
    let built = command.current_dir(crate::house::root()).output().expect("cargo can be run");
    assert!(
        built.status.success(),
        "the program can't be built:\n{}",
        String::from_utf8_lossy(&built.stderr)
    );
    profile.join("lienthong")
}

/// What a command said before it ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// Its exit code; none when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// All it said.
    pub(crate) fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Fails unless the program refused and said all of `words`.
    pub(crate) fn assert_refused(&self, case: &str, words: &[&str]) {
        assert!(self.code.is_some_and(|code| code != 0), "{case}: {self:?}");
        for word in words {
            assert!(self.said().contains(word), "{case}: it does not say {word:?}:\n{}", self.said());
        }
        assert!(!self.said().contains("panicked"), "{case}: {}", self.said());
    }

    /// Fails unless all went well.
    pub(crate) fn assert_good(&self, case: &str) {
        assert_eq!(self.code, Some(0), "{case}: {}", self.said());
    }
}

/// A command of the program.
pub(crate) fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(path());
    command.args(arguments);
    listened_to(command)
}

/// The command, with what it says to be heard.
pub(crate) fn listened_to(mut command: Command) -> Command {
    command.env_remove("LIENTHONG_LOG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program until it ends.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
    Running::spawn(command(arguments)).end(RUN_LIMIT)
}

/// Runs any command until it ends, and then ends what it has left running.
pub(crate) fn run_command(mut command: Command) -> Run {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut running = Running::spawn(command);
    running.wait(RUN_LIMIT);
    // What is left has its output open; there may be nothing left.
    let _ = Command::new("sh")
        .arg("-c")
        .arg(format!("kill -KILL -- -{}", running.child.id()))
        .stderr(Stdio::null())
        .status();
    running.end(Duration::ZERO)
}

/// The program at work. It is killed when this is dropped.
pub(crate) struct Running {
    child: Child,
    stdout: Reader,
    stderr: Reader,
}

/// Reads what a process says, as it says it.
struct Reader {
    said: Arc<Mutex<String>>,
    reading: Option<JoinHandle<()>>,
}

impl Reader {
    fn of(pipe: impl Read + Send + 'static) -> Self {
        let said = Arc::new(Mutex::new(String::new()));
        let heard = said.clone();
        let reading = std::thread::spawn(move || {
            let mut lines = BufReader::new(pipe);
            let mut line = Vec::new();
            while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                heard.lock().expect("nobody panics while reading").push_str(&String::from_utf8_lossy(&line));
                line.clear();
            }
        });
        Self { said, reading: Some(reading) }
    }

    fn said(&self) -> String {
        self.said.lock().expect("nobody panics while reading").clone()
    }

    fn rest(&mut self) -> String {
        if let Some(reading) = self.reading.take() {
            reading.join().expect("reading does not panic");
        }
        self.said()
    }
}

impl Running {
    /// Starts the program and waits until it has said `ready` on standard error.
    pub(crate) fn start<A: AsRef<OsStr>>(
        arguments: impl IntoIterator<Item = A>,
        ready: &str,
    ) -> Result<Self, Run> {
        Self::start_command(command(arguments), ready)
    }

    /// Starts a command and waits until it has said `ready` on standard error.
    pub(crate) fn start_command(command: Command, ready: &str) -> Result<Self, Run> {
        let mut running = Self::spawn(command);
        let begun = Instant::now();
        while !running.stderr.said().contains(ready) {
            if running.has_ended() || begun.elapsed() > START_LIMIT {
                return Err(running.end(Duration::ZERO));
            }
            std::thread::sleep(LOOK);
        }
        Ok(running)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program can be run");
        let stdout = Reader::of(child.stdout.take().expect("its output is read"));
        let stderr = Reader::of(child.stderr.take().expect("its messages are read"));
        Self { child, stdout, stderr }
    }

    /// It has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_some()
    }

    /// Its number.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// What it has said on standard error until now.
    pub(crate) fn messages(&self) -> String {
        self.stderr.said()
    }

    /// What it has written into its log until now.
    pub(crate) fn log(&self) -> String {
        self.stdout.said()
    }

    /// Ends it at once, if it has not ended, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        self.child.wait().expect("a child can be waited for");
    }

    /// Sends a signal, such as `HUP`.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("sh").arg("-c").arg(format!("kill -{signal} {}", self.child.id())).status();
        assert!(sent.is_ok_and(|status| status.success()), "the signal {signal} can be sent");
    }

    /// Waits until it has said these words on standard error so often.
    pub(crate) fn hear(&mut self, words: &str, times: usize) {
        let begun = Instant::now();
        while self.messages().matches(words).count() < times {
            assert!(!self.has_ended() && begun.elapsed() < START_LIMIT, "no {words:?}: {}", self.messages());
            std::thread::sleep(LOOK);
        }
    }

    /// Sends a signal, such as `TERM`, and waits until the program has ended.
    pub(crate) fn stop(self, signal: &str) -> Run {
        self.signal(signal);
        self.end(STOP_LIMIT)
    }

    /// Waits for the end, but not for longer than `limit`; true when it has come.
    fn wait(&mut self, limit: Duration) -> bool {
        let begun = Instant::now();
        while !self.has_ended() {
            if begun.elapsed() > limit {
                return false;
            }
            std::thread::sleep(LOOK);
        }
        true
    }

    /// Waits for the end, fails when it does not come in time, and hears the last words.
    fn end(mut self, limit: Duration) -> Run {
        let in_time = self.wait(limit);
        // It may have ended already.
        let _ = self.child.kill();
        let code = self.child.wait().expect("a child can be waited for").code();
        let run = Run { code, stdout: self.stdout.rest(), stderr: self.stderr.rest() };
        assert!(in_time, "it did not end, or not begin, in time:\n{}", run.said());
        run
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
