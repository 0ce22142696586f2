//! A system that takes events, notes them, and breaks off now and then: before it has noted one, or before it has said so.

use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// Every so many events the system dies before it has noted one, and every so many after that.
const DIES_BEFORE_EVERY: usize = 11;
const DIES_AFTER_EVERY: usize = 7;

/// An event as the system has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) id: String,
    pub(crate) key: String,
    /// Its number among those of its key, as the publisher counts them.
    pub(crate) number: u64,
}

impl Noted {
    /// Of a CloudEvent.
    pub(crate) fn of(document: &[u8]) -> Self {
        let event: Value = serde_json::from_slice(document).expect("an event is JSON");
        let text = |value: &Value| value.as_str().expect("an event has this text").to_owned();
        let number = event["data"]["number"].as_u64().expect("the publisher counts");
        Self { id: text(&event["id"]), key: text(&event["subject"]), number }
    }
}

/// The system.
pub(crate) struct Desk {
    pub(crate) address: SocketAddr,
    notes: Arc<Mutex<Notes>>,
}

#[derive(Default)]
struct Notes {
    asked: usize,
    noted: Vec<Noted>,
}

impl Desk {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, notes) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Notes::default())));
        let book = notes.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, book) = (stream.unwrap(), book.clone());
                // A node that was killed leaves its connections broken.
                std::thread::spawn(move || drop(serve(stream, &book)));
            }
        });
        Self { address, notes }
    }

    /// What it has noted, in order.
    pub(crate) fn noted(&self) -> Vec<Noted> {
        self.notes.lock().unwrap().noted.clone()
    }
}

fn serve(mut stream: TcpStream, notes: &Mutex<Notes>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", bytes)) => length = bytes.parse().unwrap_or(0),
                _ if line.is_empty() => break,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let dies_after = {
            let mut notes = notes.lock().unwrap();
            notes.asked += 1;
            if notes.asked.is_multiple_of(DIES_BEFORE_EVERY) {
                return Ok(());
            }
            notes.noted.push(Noted::of(&body));
            notes.asked.is_multiple_of(DIES_AFTER_EVERY)
        };
        if dies_after {
            return Ok(());
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
}
