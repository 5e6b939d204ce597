//! Every table of Trunkline: the embedded Partner API migrations, and what they make.

mod migrations;

pub use migrations::{CATALOG, LABEL, partner_migrations};
