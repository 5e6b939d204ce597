//! How often a partner may call: 5 times in 30 seconds, say integrators; switched on where that matters.

use jiff::SignedDuration;

use crate::simulator::{
    dialog360::errors::{self, Refused},
    scene::Scene,
};

const MOST: usize = 5;
const WINDOW: SignedDuration = SignedDuration::from_secs(30);

pub(super) fn count(scene: &mut Scene<'_>, partner: &str) -> Result<(), Refused> {
    if !scene.world.dialog360.habits.limits_calls {
        return Ok(());
    }
    let now = scene.now;
    let Some(partner) = scene.world.dialog360.partners.get_mut(partner) else { return Ok(()) };
    partner.calls.retain(|at| now.duration_since(*at) < WINDOW);
    if let [first, ..] = partner.calls.as_slice()
        && partner.calls.len() >= MOST
    {
        let wait = WINDOW - now.duration_since(*first);
        return Err(errors::throttled(wait.as_secs().max(1)));
    }
    partner.calls.push(now);
    Ok(())
}
