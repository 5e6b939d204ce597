//! Every table of Trunkline: the embedded Partner API migrations, what they make, and the queries.

mod migrations;
pub mod secrets;

pub use migrations::{CATALOG, LABEL, partner_migrations};
