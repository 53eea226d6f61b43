//! The kernel's word of addresses and routes (`rtnetlink(7)`). What it says in detail does not
//! matter: a network may be there now.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType};
use tokio::sync::mpsc;

/// Listens on a thread of its own, which sleeps in the kernel until there is something to say.
pub(super) fn start(tell: mpsc::Sender<()>) -> io::Result<()> {
    let socket = open()?;
    std::thread::Builder::new()
        .name("netlink".into())
        .stack_size(64 << 10)
        .spawn(move || listen(&socket, &tell))
        .map(drop)
}

fn listen(socket: &OwnedFd, tell: &mpsc::Sender<()>) {
    let mut message = [0; 4096];
    loop {
        match rustix::net::recv(socket, &mut message[..], RecvFlags::empty()) {
            // More may come than is read: that, too, is a change. One word waiting is enough.
            Ok(_) | Err(Errno::NOBUFS) => drop(tell.try_send(())),
            Err(Errno::INTR) => {}
            Err(error) => {
                tracing::debug!("no word of networks any more: {error}");
                return;
            }
        }
    }
}

fn open() -> io::Result<OwnedFd> {
    // Protocol 0 is `NETLINK_ROUTE`.
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None,
    )?;
    rustix::net::bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
    Ok(socket)
}

/// `RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR`, from `linux/rtnetlink.h`.
const GROUPS: u32 = 0x10 | 0x40 | 0x100;
