//! The body archive: the bodies of the messages that a node sends and takes, kept encrypted for as long as its configuration
//! says. A node without one keeps no body.
//!
//! Each day has a folder and a key of its own. The day's key is wrapped by the node's; deleting it makes the day's bodies
//! unreadable wherever copies of them are, and then they are deleted too. A body is one file, named by its message, what
//! happened to it and its digest: bodies are read by single messages, and a folder of a day goes as a whole.
//!
//! What is waited for: normally nothing. The log is the evidence - head and digest are durable before a message leaves -
//! and a message that others wait for is not held up by a copy of it, so an archive that is full or slow is said loudly and
//! stops nothing; bodies that come while too many wait are not kept. Where the archive is *required*, a message is sealed
//! and handed on only when its body is durable here as well; both waits run at the same time, and a body that can't be kept
//! stops its message.

mod api;
pub(crate) mod reading;
mod sealed;

pub use api::{Reader, routes};
pub use reading::BodyReadError;

use crate::{
    body::{Body, BodyError, BodyWriter, Sha256},
    message::Event,
    node::Node,
};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use ledger::LedgerError;
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use system::Random;
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Bodies that may wait to be written, where nobody waits for them.
const WAITING_LIMIT_BODIES: usize = 1_024;
/// Bodies that are written at the same time.
const WRITERS: usize = 8;
/// How often old days are looked for, in seconds.
const PURGE_SECONDS: u64 = 3_600;

const DAY_KEY_BYTES: usize = 32;
/// What a wrapped key of a day is bound to, before the day.
const DAY_KEY_USE: &str = "lienthong-body-day/v1 ";
const DAY_KEY_FILE: &str = "key";

/// A body archive.
pub struct Bodies {
    folder: PathBuf,
    keep_days: u32,
    required: bool,
    key: LessSafeKey,
    random: Random,
    day: Mutex<Option<(Date, [u8; DAY_KEY_BYTES])>>,
    room: Arc<Semaphore>,
    writers: Semaphore,
    fault: Mutex<Option<String>>,
}

/// Which body is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BodyName {
    pub(crate) at: Timestamp,
    pub(crate) id: Uuid,
    pub(crate) event: Event,
    pub(crate) digest: Sha256,
}

impl BodyName {
    fn day(&self) -> Date {
        TimeZone::UTC.to_datetime(self.at).date()
    }

    /// One message may come with several bodies: whoever sends it chooses its identifier.
    fn file(&self) -> String {
        let digest = u128::from_be_bytes(*self.digest.first_chunk().unwrap_or(&[0; 16]));
        format!("{}.{}.{digest:032x}", self.id, self.event.word())
    }
}

impl Bodies {
    /// The archive in a folder, which is made when it is not there. `key` wraps the keys of the days; without it nothing in
    /// the archive can be read.
    pub fn open(
        folder: &Path,
        key: &[u8; 32],
        keep_days: u32,
        required: bool,
        random: Random,
    ) -> io::Result<Arc<Self>> {
        fs::create_dir_all(folder)?;
        let key =
            UnboundKey::new(&AES_256_GCM, key).map_err(|_| io::Error::other("the key has not 32 bytes"))?;
        Ok(Arc::new(Self {
            folder: folder.to_owned(),
            keep_days,
            required,
            key: LessSafeKey::new(key),
            random,
            day: Mutex::default(),
            room: Arc::new(Semaphore::new(WAITING_LIMIT_BODIES)),
            writers: Semaphore::new(WRITERS),
            fault: Mutex::default(),
        }))
    }

    /// Forgets old days until the node drains.
    pub async fn keep_purged(self: &Arc<Self>, node: &Node) {
        while !node.drain.is_draining() {
            let (bodies, now) = (self.clone(), node.clock.now());
            let purged = tokio::task::spawn_blocking(move || bodies.purge(now)).await;
            if let Err(error) = purged.map_err(io::Error::other).flatten() {
                tracing::error!(%error, "old bodies can't be deleted; trying again in an hour");
            }
            tokio::time::sleep(Duration::from_secs(PURGE_SECONDS)).await;
        }
    }

    /// What is wrong: why the last body that came could not be kept.
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps a body. Returns when it is durable where the archive is required, else at once and always well.
    pub(crate) async fn keep(self: &Arc<Self>, name: BodyName, body: Body) -> Result<(), LedgerError> {
        if self.required {
            return self.write(name, body).await.map_err(|source| LedgerError::Io {
                action: "keep the body in",
                path: self.folder.clone(),
                source: Arc::new(source),
            });
        }
        match self.room.clone().try_acquire_owned() {
            Ok(room) => {
                let bodies = self.clone();
                tokio::spawn(async move {
                    // What is wrong is noted where it happens.
                    let _ = bodies.write(name, body).await;
                    drop(room);
                });
            }
            Err(_) => self.note(Err(&io::Error::other("more bodies come than the archive's disk takes"))),
        }
        Ok(())
    }

    async fn write(self: &Arc<Self>, name: BodyName, body: Body) -> io::Result<()> {
        let _turn = self.writers.acquire().await.map_err(io::Error::other)?;
        let bodies = self.clone();
        let written = tokio::task::spawn_blocking(move || bodies.write_now(&name, &body)).await;
        let written = written.map_err(io::Error::other).flatten();
        self.note(written.as_ref());
        written
    }

    fn note(&self, outcome: Result<&(), &io::Error>) {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        *fault = outcome.err().map(ToString::to_string);
        if let Some(error) = &*fault {
            metrics::counter!("exchange_bodies_not_kept_total").increment(1);
            tracing::error!(%error, "a body is not in the archive");
        } else {
            metrics::counter!("exchange_bodies_kept_total").increment(1);
        }
    }

    /// Writes a body, part by part, durably.
    fn write_now(&self, name: &BodyName, body: &Body) -> io::Result<()> {
        let (day, key) = self.day_to_write(name.day())?;
        let folder = day.join(shard(name));
        let path = folder.join(name.file());
        if path.exists() {
            return Ok(());
        }
        make_folder(&folder)?;
        let new_path = path.with_extension(format!("{}.new", u64::from_be_bytes(self.random.bytes())));
        let written = (|| {
            let mut file = private_file(&new_path)?;
            sealed::write(&mut file, &key, &self.random.bytes(), name.file().as_bytes(), body)?;
            file.sync_all()?;
            fs::rename(&new_path, &path)?;
            sync_dir(&folder)
        })();
        if written.is_err() {
            // Half a body is of no use to anybody; that it can't be removed changes nothing.
            let _ = fs::remove_file(&new_path);
        }
        written
    }

    /// Reads a body back into memory or a nameless file; the caller checks its digest.
    pub(crate) fn read(&self, name: &BodyName, spool: Arc<PathBuf>, limit: u64) -> Result<Body, BodyError> {
        let day = self.day_folder(name.day());
        let key = self.unwrap(name.day(), &fs::read(day.join(DAY_KEY_FILE))?)?;
        let mut file = File::open(day.join(shard(name)).join(name.file()))?;
        let mut writer = BodyWriter::new(spool, limit);
        sealed::read(&mut file, &key, name.file().as_bytes(), |part| writer.write(part))?;
        Ok(writer.finish())
    }

    /// Forgets the days that are older than the archive keeps them: first each day's key, durably, then its bodies.
    pub fn purge(&self, now: Timestamp) -> io::Result<()> {
        let today = TimeZone::UTC.to_datetime(now).date();
        let oldest = today.checked_sub(i64::from(self.keep_days).days()).unwrap_or(Date::MIN);
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let day = entry.file_name().to_str().and_then(|name| name.parse::<Date>().ok());
            if day.is_some_and(|day| day < oldest) {
                match fs::remove_file(entry.path().join(DAY_KEY_FILE)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => sync_dir(&entry.path())?,
                }
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    fn day_folder(&self, day: Date) -> PathBuf {
        self.folder.join(day.to_string())
    }

    /// The folder and the key of a day; both are made, durably, for its first body.
    fn day_to_write(&self, day: Date) -> io::Result<(PathBuf, [u8; DAY_KEY_BYTES])> {
        let folder = self.day_folder(day);
        let path = folder.join(DAY_KEY_FILE);
        let mut known = self.day.lock().unwrap_or_else(PoisonError::into_inner);
        // A key that is on the disk no more would leave bodies that nobody can read.
        if let Some((_, key)) = known.filter(|(known, _)| *known == day && path.exists()) {
            return Ok((folder, key));
        }
        let key = match fs::read(&path) {
            Ok(wrapped) => self.unwrap(day, &wrapped)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_folder(&folder)?;
                let key = self.random.bytes();
                let new_path = path.with_extension("new");
                let mut file = private_file(&new_path)?;
                file.write_all(&self.wrap(day, &key)?)?;
                file.sync_all()?;
                fs::rename(&new_path, &path)?;
                sync_dir(&folder)?;
                key
            }
            Err(error) => return Err(error),
        };
        *known = Some((day, key));
        Ok((folder, key))
    }

    fn wrap(&self, day: Date, key: &[u8; DAY_KEY_BYTES]) -> io::Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = self.random.bytes();
        let mut wrapped = key.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), use_of(day), &mut wrapped)
            .map_err(|_| io::Error::other("the day's key can't be wrapped"))?;
        Ok([&nonce[..], &wrapped].concat())
    }

    fn unwrap(&self, day: Date, wrapped: &[u8]) -> io::Result<[u8; DAY_KEY_BYTES]> {
        let refused = || io::Error::other("the day's key was not wrapped by this archive's key");
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_LEN>().ok_or_else(refused)?;
        let mut key = sealed.to_vec();
        let opened = self.key.open_in_place(Nonce::assume_unique_for_key(*nonce), use_of(day), &mut key);
        opened.ok().and_then(|key| (&*key).try_into().ok()).ok_or_else(refused)
    }
}

fn use_of(day: Date) -> Aad<Vec<u8>> {
    Aad::from(format!("{DAY_KEY_USE}{day}").into_bytes())
}

/// Folders of a day share its bodies by the last byte of the message's identifier, which is random.
fn shard(name: &BodyName) -> String {
    format!("{:02x}", name.id.as_bytes()[15])
}

/// Makes a folder, and its name durable in the one above.
fn make_folder(folder: &Path) -> io::Result<()> {
    if !folder.exists() {
        fs::create_dir_all(folder)?;
        folder.parent().map_or(Ok(()), sync_dir)?;
    }
    Ok(())
}

fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
