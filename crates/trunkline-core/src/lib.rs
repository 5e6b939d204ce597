//! What every part of Trunkline speaks of. Nothing here reads, writes or waits; time and
//! randomness come in as parameters.

mod clock;
pub mod configuration;
pub mod events;
pub mod legacy;
mod permissions;
mod random;
pub mod secrets;
mod states;
pub mod syncs;
mod words;

pub use clock::Clock;
pub use permissions::{NoPermission, PathMethod, PathRule, Permission};
pub use random::Random;
pub use states::{ChannelStatus, ClientStatus, QualityRating};
pub use words::{Provider, Role, Scope, UnknownWord};
