//! The network of a simulated country: connections whose bytes pass through the simulator's hands.

use super::world::Dice;
use bytes::Bytes;
use rustls::pki_types::CertificateDer;
use std::{
    collections::{HashMap, VecDeque},
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};

/// How much a connection takes before its sender must wait, in bytes.
const SOCKET_BYTES: usize = 64 * 1024;
/// How long bytes are on their way at most, in ticks.
const LATENCY_LIMIT_TICKS: u64 = 8;
/// Pieces of earlier traffic that may come again.
const REMEMBERED_PIECES: usize = 64;

/// The network. Clones are the same network.
#[derive(Clone, Default)]
pub(crate) struct Network(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    hosts: [Option<Vec<CertificateDer<'static>>>; 3],
    connections: Vec<Connection>,
    /// Connections whose other end was not told yet: who connected, to whom, and that end.
    arriving: Vec<Arriving>,
    traffic: Traffic,
}

/// What has passed.
struct Traffic {
    /// What went from one host to another.
    history: HashMap<(usize, usize), VecDeque<Bytes>>,
    /// Room for what is read next.
    buffer: Vec<u8>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { history: HashMap::new(), buffer: vec![0; SOCKET_BYTES] }
    }
}

pub(crate) struct Arriving {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) stream: DuplexStream,
}

struct Connection {
    ends: [usize; 2],
    sockets: [DuplexStream; 2],
    /// What is on its way from each end to the other.
    ways: [Way; 2],
}

#[derive(Default)]
struct Way {
    pieces: VecDeque<(u64, Bytes)>,
    /// Nothing arrives any more, and nobody is told.
    silent: bool,
    /// The sender has closed it.
    closed: bool,
    /// And the receiver was told.
    told: bool,
}

/// What happens to a piece of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Arrives,
    Altered,
    Lost,
    Twice,
    /// With something before it that was sent earlier, perhaps on another connection.
    AfterAnOldOne,
    /// It and all that follows never arrives.
    Silence,
    /// The connection ends.
    Cut,
}

/// In ten thousand pieces, how many meet which fate; all others arrive.
const FATES: [(u64, Fate); 6] = [
    (250, Fate::Altered),
    (100, Fate::Lost),
    (250, Fate::Twice),
    (250, Fate::AfterAnOldOne),
    (60, Fate::Silence),
    (100, Fate::Cut),
];

impl Network {
    /// A host comes up with these certificates, or goes down.
    pub(crate) fn set_host(&self, host: usize, certificates: Option<Vec<CertificateDer<'static>>>) {
        self.lock().hosts[host] = certificates;
    }

    /// Connects `from` with the host at `address`, which is its number.
    pub(crate) fn connect(
        &self,
        from: usize,
        address: &str,
    ) -> io::Result<(DuplexStream, Vec<CertificateDer<'static>>)> {
        let to: usize = address.parse().map_err(io::Error::other)?;
        let mut state = self.lock();
        let certificates = state.hosts[to].clone().ok_or(io::ErrorKind::ConnectionRefused)?;
        let (near, near_socket) = duplex(SOCKET_BYTES);
        let (stream, far_socket) = duplex(SOCKET_BYTES);
        let sockets = [near_socket, far_socket];
        state.connections.push(Connection { ends: [from, to], sockets, ways: Default::default() });
        state.arriving.push(Arriving { from, to, stream });
        Ok((near, certificates))
    }

    /// The connections that have come since this was asked last.
    pub(crate) fn arriving(&self) -> Vec<Arriving> {
        std::mem::take(&mut self.lock().arriving)
    }

    /// Moves everything on its way by one tick; tells what went wrong on it.
    pub(crate) fn tick(&self, now: u64, dice: &Dice, faulty: bool) -> Vec<String> {
        let state = &mut *self.lock();
        let mut told = Vec::new();
        state.connections.retain_mut(|connection| {
            let traffic = &mut state.traffic;
            (0..2).all(|way| {
                connection.send(way, now, dice, faulty, traffic, &mut told) && connection.deliver(way, now)
            }) && !connection.ways.iter().all(|way| way.told)
        });
        told
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Connection {
    /// Takes what one end has sent; false when the connection is cut.
    fn send(
        &mut self,
        way: usize,
        now: u64,
        dice: &Dice,
        faulty: bool,
        traffic: &mut Traffic,
        told: &mut Vec<String>,
    ) -> bool {
        let (from, to) = (self.ends[way], self.ends[1 - way]);
        loop {
            let piece = match read(&mut self.sockets[way], &mut traffic.buffer) {
                Poll::Pending => return true,
                Poll::Ready(piece) if piece.is_empty() => {
                    self.ways[way].closed = true;
                    return true;
                }
                Poll::Ready(piece) => piece,
            };
            let sent = traffic.history.entry((from, to)).or_default();
            let fate = if faulty { fate(dice) } else { Fate::Arrives };
            let mut pieces = vec![piece.clone()];
            match fate {
                Fate::Arrives => {}
                Fate::Altered => pieces[0] = altered(&piece, dice),
                Fate::Lost => pieces.clear(),
                Fate::Twice => pieces.push(piece.clone()),
                Fate::AfterAnOldOne if !sent.is_empty() => {
                    pieces.insert(0, sent[dice.below(sent.len() as u64) as usize].clone());
                }
                Fate::AfterAnOldOne => {}
                Fate::Silence => self.ways[way].silent = true,
                Fate::Cut => {}
            }
            if fate != Fate::Arrives {
                told.push(format!("{} bytes from {from} to {to}: {fate:?}", piece.len()));
            }
            if fate == Fate::Cut {
                return false;
            }
            if sent.len() == REMEMBERED_PIECES {
                sent.pop_front();
            }
            sent.push_back(piece);
            let way = &mut self.ways[way];
            let due = now + 1 + dice.below(LATENCY_LIMIT_TICKS);
            let due = way.pieces.back().map_or(due, |(last, _)| due.max(*last));
            way.pieces.extend(pieces.into_iter().map(|piece| (due, piece)));
        }
    }

    /// Hands over what is due; false when nobody is there to take it.
    fn deliver(&mut self, way: usize, now: u64) -> bool {
        let (way, socket) = (&mut self.ways[way], &mut self.sockets[1 - way]);
        while let Some((_, piece)) = way.pieces.front_mut().filter(|(due, _)| *due <= now && !way.silent) {
            match write(socket, piece) {
                Poll::Pending => return true,
                Poll::Ready(Err(_)) => return false,
                Poll::Ready(Ok(written)) => drop(piece.split_to(written)),
            }
            if piece.is_empty() {
                way.pieces.pop_front();
            }
        }
        if way.closed && way.pieces.is_empty() && !way.silent && !way.told {
            way.told = true;
            let mut context = Context::from_waker(Waker::noop());
            return Pin::new(socket).poll_shutdown(&mut context).is_ready();
        }
        true
    }
}

fn fate(dice: &Dice) -> Fate {
    let mut drawn = dice.below(10_000);
    for (share, fate) in FATES {
        match drawn.checked_sub(share) {
            Some(rest) => drawn = rest,
            None => return fate,
        }
    }
    Fate::Arrives
}

fn altered(piece: &Bytes, dice: &Dice) -> Bytes {
    let mut bytes = piece.to_vec();
    let at = dice.below(bytes.len() as u64) as usize;
    bytes[at] ^= 1 << dice.below(8);
    bytes.into()
}

/// What has come, or nothing at the end.
fn read(socket: &mut DuplexStream, buffer: &mut [u8]) -> Poll<Bytes> {
    let mut buffer = ReadBuf::new(buffer);
    let mut context = Context::from_waker(Waker::noop());
    match Pin::new(socket).poll_read(&mut context, &mut buffer) {
        Poll::Pending => Poll::Pending,
        Poll::Ready(_) => Poll::Ready(Bytes::copy_from_slice(buffer.filled())),
    }
}

fn write(socket: &mut DuplexStream, bytes: &[u8]) -> Poll<io::Result<usize>> {
    Pin::new(socket).poll_write(&mut Context::from_waker(Waker::noop()), bytes)
}
