//! A node whose disk has no room left, for its ledger, its records, its events and the bodies that pass.

use super::{
    deployment::{Deployment, LARGE, Learned},
    events::{id_of, publish_once},
};
use crate::journeys::{
    agencies::Agency,
    program::{self, Run, Running},
};
use serde_json::json;
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Size of the node's disk, in bytes.
const DISK_BYTES: u64 = 48 << 20;
/// What is left on a full disk, in bytes: some of a batch, but no whole one.
const LEFT_BYTES: u64 = 4 << 10;
/// What files may grow to where there is no disk of its own, in bytes: all are longer.
const LIMIT_BYTES: u64 = 4 << 10;
const EVENT_TYPE: &str = "receipt.paid";
/// How long it may take until all is well again.
const AGAIN_LIMIT: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);

/// A disk of a node's own: a small file system in memory, in a mount namespace that lasts as long as this. Where the tests may
/// make none - in a container without rights - files are limited in length instead, which fails the same writes with another
/// error.
struct Disk {
    namespace: Option<Child>,
    folder: PathBuf,
}

impl Disk {
    fn of(agency: &Agency) -> Self {
        let folder = agency.folder.join("data");
        fs::create_dir_all(&folder).unwrap();
        let script =
            format!("mount -t tmpfs -o size={DISK_BYTES} room \"$0\" && echo mounted && exec sleep 100000");
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script]).arg(&folder);
        let held = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let namespace = held.ok().and_then(|mut holder| {
            let mut line = String::new();
            BufReader::new(holder.stdout.take()?).read_line(&mut line).ok()?;
            if line.trim() == "mounted" { Some(holder) } else { holder.wait().ok().and(None) }
        });
        Self { namespace, folder }
    }

    /// A command that sees the disk.
    fn command(&self, arguments: &[&std::ffi::OsStr]) -> Command {
        let mut command = match &self.namespace {
            Some(holder) => {
                let mut command = Command::new("nsenter");
                let target = holder.id().to_string();
                command.args(["--target", &target, "--user", "--preserve-credentials", "--mount", "--"]);
                command.arg(program::path());
                command
            }
            None => {
                // The limit's signal would end the node, which gets an error of the write when it is ignored.
                let mut command = Command::new("sh");
                command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(program::path());
                command
            }
        };
        command.args(arguments);
        program::listened_to(command)
    }

    fn start(&self, agency: &Agency) -> Running {
        let command = self.command(&["node".as_ref(), "--config".as_ref(), agency.file().as_os_str()]);
        Running::start_command(command, &format!("node {} is up", agency.id))
            .unwrap_or_else(|run| panic!("{} does not start: {}", agency.id, run.said()))
    }

    fn doctor(&self, agency: &Agency) -> Run {
        program::run_command(self.command(&[
            "doctor".as_ref(),
            "--config".as_ref(),
            agency.file().as_os_str(),
        ]))
    }

    /// Leaves next to nothing.
    fn fill(&self, node: &Running) {
        match self.ballast() {
            Some(path) => {
                let mut ballast = fs::File::create(path).unwrap();
                let piece = vec![0; 64 << 10];
                while ballast.write_all(&piece).is_ok() {}
                let length = ballast.metadata().unwrap().len();
                ballast.set_len(length - LEFT_BYTES).unwrap();
            }
            None => limit(node, &LIMIT_BYTES.to_string()),
        }
    }

    fn free(&self, node: &Running) {
        match self.ballast() {
            Some(path) => fs::remove_file(path).unwrap(),
            None => limit(node, "unlimited"),
        }
    }

    /// What fills the disk, as it is seen from here.
    fn ballast(&self) -> Option<PathBuf> {
        let root = PathBuf::from(format!("/proc/{}/root", self.namespace.as_ref()?.id()));
        Some(root.join(self.folder.strip_prefix("/").unwrap()).join("ballast"))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if let Some(holder) = &mut self.namespace {
            let _ = holder.kill();
            let _ = holder.wait();
        }
    }
}

fn limit(node: &Running, bytes: &str) {
    let process = node.process().to_string();
    let set = Command::new("prlimit").args(["--pid", &process, &format!("--fsize={bytes}:")]).status();
    assert!(set.is_ok_and(|status| status.success()), "prlimit can limit files");
}

#[test]
fn a_node_without_room_says_so_loses_nothing_and_goes_on_by_itself() {
    let all = Deployment::prepare();
    let disk = Disk::of(&all.provider);
    let (mut provider, consumer) = (disk.start(&all.provider), all.consumer.start());
    let subscription = json!({
        "delivery": "PUSH", "service": "notices", "path": "/events", "options": { "TTL": 100_000, "FIFO": true },
    });
    super::events::subscribe(&all, EVENT_TYPE, &subscription);
    all.assert_answered("with room", "with-room");
    let published = |number| publish_once(&all, EVENT_TYPE, "a", number).is_ok();
    assert!(published(0));

    disk.fill(&provider);
    let messages: Vec<String> =
        (0..6).flat_map(|number| [format!("full-{number}"), format!("{LARGE}full-{number}")]).collect();
    let refused = messages.iter().filter(|message| {
        let answer = all.send(message).unwrap();
        let kind = answer.header("x-road-error").unwrap_or_default();
        assert_eq!(answer.status == 200, kind.is_empty(), "{message}: {}", answer.text());
        !kind.is_empty()
    });
    let refused = refused.count();
    assert!(refused * 2 >= messages.len(), "{refused} of {} messages are refused", messages.len());
    let untaken = (1..6).filter(|number| !published(*number)).count();
    assert!(untaken >= 3, "{untaken} of 5 events are refused");
    let (words, begun) = (["No space left", "no room left", "File too large"], Instant::now());
    while !words.iter().any(|words| provider.log().contains(words)) {
        assert!(!provider.has_ended() && begun.elapsed() < AGAIN_LIMIT, "{}", provider.log());
        std::thread::sleep(LOOK);
    }

    disk.free(&provider);
    let learned: Vec<(String, Learned)> =
        messages.into_iter().map(|message| (message.clone(), all.learn(&message))).collect();
    for number in 1..6 {
        let begun = Instant::now();
        while let Err(told) = publish_once(&all, EVENT_TYPE, "a", number) {
            assert!(begun.elapsed() < AGAIN_LIMIT, "event {number}: {told}");
            std::thread::sleep(LOOK);
        }
    }
    let begun = Instant::now();
    let all_have_come =
        || (0..6).all(|number| all.desk.noted().iter().any(|noted| noted.id == id_of("a", number)));
    while !all_have_come() {
        assert!(begun.elapsed() < AGAIN_LIMIT, "events are missing: {:?}", all.desk.noted());
        std::thread::sleep(LOOK);
    }

    // What it has acknowledged is there after the power has gone, too.
    provider.kill();
    let provider = disk.start(&all.provider);
    all.assert_kept(&learned);
    all.assert_answered("after all", "after");
    for (node, agency) in [(provider, &all.provider), (consumer, &all.consumer)] {
        node.stop("TERM").assert_good(agency.id);
    }
    let run = disk.doctor(&all.provider);
    assert!(run.stdout.contains("is whole: "), "{}", run.said());
}
