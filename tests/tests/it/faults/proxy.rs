//! A network between two nodes that does what it is told.
//!
//! It is a proxy and no network of the kernel: namespaces need rights that not every machine gives to tests, and a proxy can
//! alter what it passes on. What only the kernel could do - lose and reorder packets - TCP hides from both nodes.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

/// What the network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// It passes everything on.
    Passes,
    /// It passes everything on, in small pieces and slowly.
    Slow,
    /// It takes everything and passes nothing on, and tells nobody.
    Silent,
    /// It alters what it passes on.
    Lies,
    /// It breaks connections with what is in them unread, which resets them.
    Resets,
    /// Nobody is there.
    Gone,
}

/// How often a connection looks what it shall do.
const LOOK: Duration = Duration::from_millis(20);
/// What a slow network passes on at once, in bytes, and how long it rests.
const SLOW_BYTES: usize = 700;
const SLOW_REST: Duration = Duration::from_millis(5);

/// The network in front of one node.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    behaviour: Arc<Mutex<Behaviour>>,
}

impl Proxy {
    pub(crate) fn before(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let behaviour = Arc::new(Mutex::new(Behaviour::Passes));
        let asked = behaviour.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let asked = asked.clone();
                std::thread::spawn(move || connect(near, target, &asked));
            }
        });
        Self { address, behaviour }
    }

    /// From now on the network does this, also with connections that are open.
    pub(crate) fn set(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
        std::thread::sleep(2 * LOOK);
    }
}

fn connect(near: TcpStream, target: SocketAddr, behaviour: &Mutex<Behaviour>) {
    if *behaviour.lock().unwrap() == Behaviour::Gone {
        return;
    }
    let Ok(far) = TcpStream::connect(target) else { return };
    let (near_again, far_again) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    std::thread::scope(|scope| {
        scope.spawn(|| carry(near, far, behaviour));
        carry(far_again, near_again, behaviour);
    });
}

fn carry(mut from: TcpStream, mut to: TcpStream, behaviour: &Mutex<Behaviour>) {
    from.set_read_timeout(Some(LOOK)).unwrap();
    let mut buffer = [0; 16 * 1024];
    loop {
        let now = *behaviour.lock().unwrap();
        if matches!(now, Behaviour::Resets | Behaviour::Gone) {
            break;
        }
        let room = if now == Behaviour::Slow { SLOW_BYTES } else { buffer.len() };
        let read = match from.read(&mut buffer[..room]) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(_) => break,
        };
        match *behaviour.lock().unwrap() {
            Behaviour::Silent => continue,
            Behaviour::Lies => buffer[read / 2] ^= 1,
            Behaviour::Slow => std::thread::sleep(SLOW_REST),
            // What was read is lost, and what was not makes it a reset.
            Behaviour::Resets => break,
            Behaviour::Passes | Behaviour::Gone => {}
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    // Either side may have closed it already.
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}
