//! Native modules about the network.
//!
//! | module | what |
//! |---|---|
//! | `socket` | `_socket`: the module and its state |
//! | `socket::object` | a socket: making, closing, time limits |
//! | `socket::call` | calling the system, waiting as the time limit says |
//! | `socket::address` | addresses between Python and the system |
//! | `socket::transfer`, `socket::message` | sending and receiving; with ancillary data |
//! | `socket::options` | connecting, listening, options |
//! | `socket::resolve` | names and addresses of hosts, services, protocols |
//! | `socket::convert` | byte orders, addresses as text, interfaces |

mod socket;

use pyrope_object::ModuleDef;

/// The modules of this crate.
pub const MODULES: &[&ModuleDef] = &[&socket::MODULE];
