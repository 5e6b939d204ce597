//! What was used, and what is left of it.

use serde_json::json;

use crate::simulator::{
    dialog360::{Handled, clients::owned},
    scene::Scene,
};

pub(super) fn of_partner() -> Handled {
    Ok((200, json!([{"currency": "usd", "total": 0.0}, {"currency": "eur", "total": 125.5}])))
}

pub(super) fn of_client(scene: &Scene<'_>, partner: &str, client: &str) -> Handled {
    owned(scene, partner, client)?;
    let granularity = scene.request.text("granularity").unwrap_or_else(|| "MONTH".to_owned());
    let usage = json!([{
        "period_date": "2026-11-01T00:00:00Z",
        "quantity": 120, "free_quantity": 20, "paid_quantity": 100, "total_price": 6.5,
        "marketing_quantity": 60, "marketing_paid_quantity": 60, "marketing_price": 5.1,
        "utility_quantity": 40, "utility_paid_quantity": 40, "utility_price": 1.4,
        "service_quantity": 20, "service_paid_quantity": 0, "service_price": 0.0,
    }]);
    Ok((
        200,
        json!({"balance": 43.5, "currency": "EUR", "granularity": granularity.to_lowercase(),
            "estimated_template_cost": 6.5, "last_renewal": {"date": "2026-11-01T00:00:00Z", "amount": 50.0},
            "usage": usage}),
    ))
}
