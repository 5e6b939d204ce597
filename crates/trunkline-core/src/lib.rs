//! What every part of Trunkline speaks of. Nothing here reads, writes or waits; time and
//! randomness come in as parameters.

pub mod secrets;
