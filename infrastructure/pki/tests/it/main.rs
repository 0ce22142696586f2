//! Keys, certificates and handshakes, against rustls and against openssl.

mod authority;
mod elsewhere;
mod files;
mod fuzzing;
mod handshake;
mod holder;
mod support;
mod time_stamps;
