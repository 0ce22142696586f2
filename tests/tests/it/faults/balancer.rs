//! A TCP balancer: each connection goes to the next server in turn that takes it.

use std::{
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
};

/// The balancer.
pub(crate) struct Balancer {
    pub(crate) address: SocketAddr,
}

impl Balancer {
    pub(crate) fn before<const N: usize>(servers: [SocketAddr; N]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for (turn, near) in listener.incoming().map_while(Result::ok).enumerate() {
                std::thread::spawn(move || {
                    let far = (0..N).find_map(|next| TcpStream::connect(servers[(turn + next) % N]).ok());
                    // With no server left the caller finds its connection closed.
                    far.map(|far| join(&near, &far))
                });
            }
        });
        Self { address }
    }
}

fn join(near: &TcpStream, far: &TcpStream) {
    std::thread::scope(|scope| {
        scope.spawn(|| carry(near, far));
        carry(far, near);
    });
}

fn carry(mut from: &TcpStream, mut to: &TcpStream) {
    // A server that was killed, or a caller that has its answer, breaks its end off.
    let _ = io::copy(&mut from, &mut to).and_then(|_| to.shutdown(Shutdown::Write));
}
