//! What an application needs of the calls beside their results.

use std::sync::Arc;

use trunkline_migrate::{DownRequest, Options, Policy, RepairRequest, Silent, UpRequest};

use crate::support::{migrator_with, source};

fn can_be_spawned(_: impl Future + Send) {}

/// A server migrates in a task of its own while it answers its readiness probe.
#[test]
fn every_call_can_be_spawned() {
    let migrator = migrator_with("postgres://x@127.0.0.1:1/x", source(&[]), Options::default());
    can_be_spawned(migrator.ensure_current(Policy::Apply, Arc::new(Silent)));
    can_be_spawned(migrator.up(&UpRequest::default(), Arc::new(Silent)));
    can_be_spawned(migrator.down(&DownRequest::default(), Arc::new(Silent)));
    can_be_spawned(migrator.restore("x", Arc::new(Silent)));
    can_be_spawned(migrator.repair(&RepairRequest::default(), Arc::new(Silent)));
    can_be_spawned(migrator.status());
    can_be_spawned(migrator.verify(None));
    can_be_spawned(migrator.record());
    can_be_spawned(migrator.adopt(&[], None, Arc::new(Silent)));
    can_be_spawned(migrator.history(None, 1));
    can_be_spawned(migrator.plan(&UpRequest::default()));
}
