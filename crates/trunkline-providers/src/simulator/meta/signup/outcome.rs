//! How a signup ends: what comes into being at Meta, and what the browser is told.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::simulator::{
    meta::{
        events::of_partner,
        graph::{Account, Business, Code, Number, Token, TokenKind},
    },
    scene::Scene,
};

/// How long a code is good, in seconds.
const CODE_SECONDS: i64 = 30;

/// How long a business token lives: sixty days, a little less, as Meta's answers have it.
const TOKEN_SECONDS: i64 = 5_183_944;

/// What a person wants to come of it.
pub(crate) struct Wish {
    pub(crate) app: String,
    /// `FINISH`, `FINISH_ONLY_WABA`, …, `CANCEL`, `ERROR`.
    pub(crate) event: String,
    pub(crate) company: String,
    pub(crate) digits: String,
    /// Where a person leaves.
    pub(crate) step: String,
    pub(crate) only_account: bool,
}

/// What comes of it.
pub(crate) struct Outcome {
    /// What the window that opened the page hears.
    pub(crate) message: Value,
    /// The code; `None` when there is nothing to exchange.
    pub(crate) code: Option<String>,
}

/// Lets a signup end.
pub(crate) fn fulfil(scene: &mut Scene<'_>, wish: &Wish) -> Outcome {
    let message =
        |data: Value| json!({"type": "WA_EMBEDDED_SIGNUP", "event": wish.event, "data": data});
    match wish.event.as_str() {
        "CANCEL" => {
            let mut message = message(json!({"current_step": wish.step}));
            message["version"] = 3.into();
            Outcome { message, code: None }
        }
        "ERROR" => {
            let session = scene.world.issue.hex();
            let data = json!({"error_message": "Something went wrong", "error_code": "524126",
                "session_id": &session[..15], "timestamp": scene.now.as_second().to_string()});
            Outcome { message: message(data), code: None }
        }
        event => {
            let made = make(scene, wish);
            let mut data = json!({});
            if !matches!(
                event,
                "FINISH_ONLY_WABA" | "FINISH_OBO_MIGRATION" | "FINISH_GRANT_ONLY_API_ACCESS"
            ) && !wish.only_account
            {
                data["phone_number_id"] = made.number.clone().into();
            }
            data["waba_id"] = made.account.clone().into();
            if !wish.only_account {
                data["business_id"] = made.business.clone().into();
            }
            let code = code(scene, &wish.app, &made.account);
            tell(scene, &wish.app, &made);
            Outcome { message: message(data), code: Some(code) }
        }
    }
}

struct Made {
    business: String,
    account: String,
    number: String,
}

fn make(scene: &mut Scene<'_>, wish: &Wish) -> Made {
    let [business, account, number] = [(); 3].map(|()| scene.world.issue.number());
    let now = scene.now;
    let graph = &mut scene.world.meta;
    let partner = graph.apps.get(&wish.app).map(|app| app.business.clone()).unwrap_or_default();
    graph.businesses.insert(
        business.clone(),
        Business {
            name: wish.company.clone(),
            verification_status: "not_verified".to_owned(),
            messaging_limit: "TIER_250".to_owned(),
        },
    );
    let fields = json!({"name": wish.company, "currency": "USD", "timezone_id": "1", "country": "US",
        "message_template_namespace": format!("simulated_{account}"), "account_review_status": "APPROVED",
        "ownership_type": "CLIENT_OWNED", "status": "ACTIVE", "creation_time": now.as_second(),
        "health_status": {"can_send_message": "AVAILABLE", "entities": []}});
    graph.accounts.insert(
        account.clone(),
        Account {
            business: business.clone(),
            shared_with: vec![partner],
            fields: fields.as_object().cloned().unwrap_or_default(),
            ..Account::default()
        },
    );
    if wish.event != "FINISH_ONLY_WABA" {
        let in_app = wish.event == "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING";
        let (status, platform, throughput) = if in_app {
            ("CONNECTED", "CLOUD_API", "STANDARD")
        } else {
            ("PENDING", "NOT_APPLICABLE", "NOT_APPLICABLE")
        };
        let fields = json!({"verified_name": wish.company, "display_phone_number": format!("+{}", wish.digits),
            "quality_rating": "UNKNOWN", "quality_score": {"score": "UNKNOWN"}, "status": status,
            "code_verification_status": "VERIFIED", "name_status": "APPROVED", "new_name_status": "NONE",
            "platform_type": platform, "throughput": {"level": throughput}, "account_mode": "LIVE",
            "is_official_business_account": false, "is_on_biz_app": in_app, "is_preverified_number": false,
            "search_visibility": "NON_VISIBLE", "last_onboarded_time": now.to_string(),
            "health_status": {"can_send_message": "AVAILABLE", "entities": []}});
        let fields = fields.as_object().cloned().unwrap_or_default();
        let made = Number { account: account.clone(), fields, ..Number::default() };
        graph.numbers.insert(number.clone(), made);
    }
    Made { business, account, number }
}

fn code(scene: &mut Scene<'_>, app: &str, account: &str) -> String {
    let token = Token {
        kind: TokenKind::Business,
        app: app.to_owned(),
        scopes: ["whatsapp_business_management", "whatsapp_business_messaging", "public_profile"]
            .map(str::to_owned)
            .to_vec(),
        accounts: vec![account.to_owned()],
        ..Token::default()
    };
    let expires_at = scene.now + SignedDuration::from_secs(CODE_SECONDS);
    let code = format!("AQ{}{}", scene.world.issue.hex(), scene.world.issue.hex());
    let made = Code { token, token_seconds: Some(TOKEN_SECONDS), expires_at, used: false };
    scene.world.meta.codes.insert(code.clone(), made);
    code
}

/// The partner hears of it by webhook too, whatever the browser does.
fn tell(scene: &mut Scene<'_>, app: &str, made: &Made) {
    for event in ["PARTNER_ADDED", "PARTNER_APP_INSTALLED"] {
        let mut info = json!({"waba_id": made.account, "owner_business_id": made.business});
        if event == "PARTNER_APP_INSTALLED" {
            info["partner_app_id"] = app.into();
        }
        of_partner(scene, app, "account_update", &json!({"event": event, "waba_info": info}));
    }
}
