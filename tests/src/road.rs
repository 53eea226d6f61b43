//! The way between the daemon and its servers: a TCP relay that can be cut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A relay on a port of its own. While it is cut, connections are refused.
pub struct Road {
    address: SocketAddr,
    to: SocketAddr,
    state: Arc<Mutex<State>>,
    attempts: Arc<AtomicU64>,
}

#[derive(Default)]
struct State {
    /// Counts cuts: a relay that began before the last one ends.
    open: bool,
    streams: Vec<TcpStream>,
}

impl Road {
    /// Opens the way to this address.
    ///
    /// # Panics
    ///
    /// There is no port.
    pub fn to(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let road = Self {
            address: listener.local_addr().unwrap(),
            to,
            state: Arc::default(),
            attempts: Arc::default(),
        };
        road.relay(listener);
        road
    }

    /// Where it begins.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections came in so far.
    pub fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::SeqCst)
    }

    /// Closes all connections, and refuses new ones.
    ///
    /// # Panics
    ///
    /// A relay panicked.
    pub fn cut(&self) {
        let mut state = self.state.lock().unwrap();
        state.open = false;
        for stream in state.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(state);
        // The listener notices only when somebody comes.
        let _ = TcpStream::connect(self.address);
        crate::until("the road is cut", 5, || {
            TcpStream::connect(self.address).is_err()
        });
    }

    /// Lets connections in again, at the same address.
    ///
    /// # Panics
    ///
    /// Somebody took the port meanwhile.
    pub fn mend(&self) {
        let mut bound = None;
        crate::until("the port is free again", 5, || {
            bound = TcpListener::bind(self.address).ok();
            bound.is_some()
        });
        self.relay(bound.unwrap());
    }

    fn relay(&self, listener: TcpListener) {
        self.state.lock().unwrap().open = true;
        let (state, to, attempts) = (self.state.clone(), self.to, self.attempts.clone());
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let mut held = state.lock().unwrap();
                if !held.open {
                    return;
                }
                attempts.fetch_add(1, Ordering::SeqCst);
                let Ok(far) = TcpStream::connect_timeout(&to, Duration::from_secs(2)) else {
                    continue;
                };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    thread::spawn(move || carry(from, to));
                }
                held.streams.extend([near, far]);
            }
        });
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    let mut bytes = vec![0; 16 << 10];
    while let Ok(count) = from.read(&mut bytes) {
        if count == 0 || to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
