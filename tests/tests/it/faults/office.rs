//! A system that knows nothing of the exchange, and counts how often it does what it is asked.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Messages whose identifier begins so take long.
pub(crate) const SLOW: &str = "slow-";
/// How long.
const SLOW_WORK: Duration = Duration::from_millis(250);

/// The system.
pub(crate) struct Office {
    pub(crate) address: SocketAddr,
    runs: Arc<Mutex<HashMap<String, usize>>>,
}

impl Office {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let runs: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let counted = runs.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, counted) = (stream.unwrap(), counted.clone());
                // A node that was killed leaves its connections broken.
                std::thread::spawn(move || drop(serve(stream, &counted)));
            }
        });
        Self { address, runs }
    }

    /// How often it has done anything but what messages with identifiers that begin so asked.
    pub(crate) fn runs_beside(&self, prefix: &str) -> usize {
        self.runs.lock().unwrap().iter().filter(|(id, _)| !id.starts_with(prefix)).map(|(_, runs)| runs).sum()
    }

    /// How often it has done what the message asked.
    pub(crate) fn runs(&self, message: &str) -> usize {
        self.runs.lock().unwrap().get(message).copied().unwrap_or(0)
    }
}

/// What it answers to a message.
pub(crate) fn answer_to(message: &str) -> String {
    format!("{{\"done\":\"{message}\"}}")
}

fn serve(mut stream: TcpStream, runs: &Mutex<HashMap<String, usize>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (mut message, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("x-road-id", id)) => message = id.to_owned(),
                Some(("content-length", bytes)) => length = bytes.parse().unwrap_or(0),
                _ if line.is_empty() => break,
                _ => {}
            }
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        *runs.lock().unwrap().entry(message.clone()).or_default() += 1;
        if message.starts_with(SLOW) {
            std::thread::sleep(SLOW_WORK);
        }
        let body = answer_to(&message);
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}
