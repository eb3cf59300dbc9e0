//! The limits that an operator may set.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// `[default.podium.limits]`, or `PODIUM_LIMITS__*`. 0 switches a limit off. A burst is what may
/// come at once; it is made good at the rate. Instances that share a Redis share the rates.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Addresses that are not limited, such as load generators. Behind a proxy on the same
    /// machine everybody seems to come from here, unless Rocket's `ip_header` names the header in
    /// which the proxy says otherwise.
    pub trusted: Vec<IpAddr>,
    /// Requests of a team in a second.
    pub team_per_s: u32,
    /// Requests of a team at once.
    pub team_burst: u32,
    /// Requests with one admin token in a second.
    pub staff_per_s: u32,
    /// Requests with one admin token at once.
    pub staff_burst: u32,
    /// Requests of an address in a second; a classroom shares one.
    pub address_per_s: u32,
    /// Requests of an address at once.
    pub address_burst: u32,
    /// Tries of an address at tokens, join codes and start links in a minute.
    pub guesses_per_min: u32,
    /// Tries of an address at the password of one account in a minute.
    pub sign_ins_per_min: u32,
    /// Messages of a member of a room in a second.
    pub messages_per_s: u32,
    /// Messages of a member of a room at once.
    pub message_burst: u32,
    /// Requests that are answered at the same time.
    pub max_requests: usize,
    /// Bytes that the headers of a request may have.
    pub max_header_bytes: usize,
    /// Sockets of an address.
    pub address_sockets: usize,
    /// Sockets of a team.
    pub team_sockets: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            trusted: vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
            team_per_s: 20,
            team_burst: 60,
            staff_per_s: 50,
            staff_burst: 200,
            address_per_s: 300,
            address_burst: 1500,
            guesses_per_min: 1000,
            sign_ins_per_min: 10,
            messages_per_s: 1,
            message_burst: 5,
            max_requests: 2000,
            max_header_bytes: 16 * 1024,
            address_sockets: 2000,
            team_sockets: 64,
        }
    }
}
