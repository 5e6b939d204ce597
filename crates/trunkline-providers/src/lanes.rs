//! Lanes: what is about one account or number is worked on in the order in which it came, and what is about others beside it.
//!
//! A body is in the lane of the account or number that it names; one that names several is in several
//! lanes, each with its own [`part`]. A lane says nothing but that order: whoever reads a body reads all
//! that stands in it.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use trunkline_core::events::Source;

/// So many lanes there are. What waits when a release changes it is still worked on, each body in its old lane.
pub const LANES: u8 = 32;

/// The lanes of a body, in order; at least one. What cannot be read is in the first.
pub fn lanes(source: Source, body: &[u8]) -> Vec<u8> {
    let mut lanes = match source {
        Source::Meta | Source::Dialog360Numbers => {
            serde_json::from_slice(body).map(|envelope: Envelope<'_, Entry<'_>>| {
                envelope.entry.iter().map(Entry::lane).collect()
            })
        }
        Source::Dialog360Events if is_array(body) => serde_json::from_slice(body)
            .map(|events: Vec<Notice<'_>>| events.iter().map(Notice::lane).collect()),
        Source::Dialog360Events => {
            serde_json::from_slice(body).map(|event: Notice<'_>| vec![event.lane()])
        }
        Source::TwilioMessages => Ok(vec![form_lane(body, "To")]),
        Source::TwilioStatus => Ok(vec![form_lane(body, "From")]),
    }
    .unwrap_or_else(|_| vec![0]);
    lanes.sort_unstable();
    lanes.dedup();
    if lanes.is_empty() {
        lanes.push(0);
    }
    lanes
}

/// What of a body is in one of its lanes, as a body of the same form.
pub fn part<'a>(source: Source, body: &'a [u8], lanes: &[u8], lane: u8) -> Cow<'a, [u8]> {
    if lanes.len() < 2 {
        return Cow::Borrowed(body);
    }
    let part = match source {
        Source::Meta | Source::Dialog360Numbers => entries(body, lane),
        Source::Dialog360Events => notices(body, lane),
        Source::TwilioMessages | Source::TwilioStatus => None,
    };
    part.map_or(Cow::Borrowed(body), |text| Cow::Owned(text.into_bytes()))
}

/// Meta's envelope with the entries of one lane.
fn entries(body: &[u8], lane: u8) -> Option<String> {
    let envelope: Envelope<'_, &RawValue> = serde_json::from_slice(body).ok()?;
    let is_ours = |entry: &&RawValue| {
        serde_json::from_str::<Entry<'_>>(entry.get()).is_ok_and(|entry| entry.lane() == lane)
    };
    let entries: Vec<&str> =
        envelope.entry.iter().copied().filter(is_ours).map(RawValue::get).collect();
    let object = envelope.object.map_or("null", RawValue::get);
    Some(format!(r#"{{"object":{object},"entry":[{}]}}"#, entries.join(",")))
}

/// An array of 360dialog's events with those of one lane.
fn notices(body: &[u8], lane: u8) -> Option<String> {
    let events: Vec<&RawValue> = serde_json::from_slice(body).ok()?;
    let is_ours = |event: &&RawValue| {
        serde_json::from_str::<Notice<'_>>(event.get()).is_ok_and(|event| event.lane() == lane)
    };
    let events: Vec<&str> = events.into_iter().filter(is_ours).map(RawValue::get).collect();
    Some(format!("[{}]", events.join(",")))
}

fn is_array(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"[")
}

/// Ids are compared as they are written in the body: a provider writes one always alike, and what waits is found again by a later
/// release.
fn lane_of(id: Option<&str>) -> u8 {
    let Some(id) = id else { return 0 };
    // FNV-1a: it only has to spread.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    u8::try_from(hash % u64::from(LANES)).unwrap_or_default()
}

fn form_lane(body: &[u8], name: &str) -> u8 {
    let number = form_urlencoded::parse(body).find(|(given, _)| given == name);
    lane_of(number.as_ref().map(|(_, number)| number.as_ref()))
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "E: Deserialize<'de>"))]
struct Envelope<'a, E> {
    #[serde(borrow)]
    object: Option<&'a RawValue>,
    entry: Vec<E>,
}

/// One account's part of a webhook of Meta's.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    changes: Vec<Change<'a>>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    value: Option<ChangeValue<'a>>,
}

#[derive(Deserialize)]
struct ChangeValue<'a> {
    #[serde(borrow)]
    waba_info: Option<WabaInfo<'a>>,
}

#[derive(Deserialize)]
struct WabaInfo<'a> {
    #[serde(borrow)]
    waba_id: Option<&'a RawValue>,
}

impl Entry<'_> {
    /// Of the account; the id of the entry is the partner's own where a partnership is told of.
    fn lane(&self) -> u8 {
        let named = self
            .changes
            .iter()
            .find_map(|change| change.value.as_ref()?.waba_info.as_ref()?.waba_id);
        lane_of(named.or(self.id).map(RawValue::get))
    }
}

/// One event of 360dialog's.
#[derive(Deserialize)]
struct Notice<'a> {
    #[serde(borrow)]
    channel_id: Option<&'a RawValue>,
    #[serde(borrow)]
    channel: Option<Object<'a>>,
    #[serde(borrow)]
    data: Option<Object<'a>>,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

impl Notice<'_> {
    fn lane(&self) -> u8 {
        let channel = self.channel.as_ref().and_then(|channel| channel.id);
        let data = self.data.as_ref().and_then(|data| data.id);
        lane_of(self.channel_id.or(channel).or(data).map(RawValue::get))
    }
}

#[cfg(test)]
mod tests {
    use trunkline_core::events::Source;

    use super::{lanes, part};

    fn read(body: &[u8]) -> serde_json::Value {
        serde_json::from_slice(body).unwrap()
    }

    #[test]
    fn one_account_is_in_one_lane_whatever_is_told_of_it() {
        let of = |body: &str| lanes(Source::Meta, body.as_bytes());
        let message = of(
            r#"{"object":"whatsapp_business_account","entry":[{"id":"980198427658004","changes":[{"field":"messages","value":{"messages":[]}}]}]}"#,
        );
        let added = of(
            r#"{"entry":[{"id":"1","changes":[{"field":"account_update","value":{"event":"PARTNER_ADDED","waba_info":{"waba_id":"980198427658004"}}}]}]}"#,
        );
        assert_eq!((message.len(), &message), (1, &added));
        let number = lanes(Source::Dialog360Numbers, br#"{"entry":[{"id":"980198427658004"}]}"#);
        assert_eq!(number, message);
    }

    #[test]
    fn a_channel_is_in_one_lane_wherever_its_id_stands() {
        let of = |body: &str| lanes(Source::Dialog360Events, body.as_bytes());
        let lane = of(r#"{"id":"evt_1","event":"channel_live","data":{"id":"tlbN64CH"}}"#);
        assert_eq!(lane, of(r#"{"type":"channel_live","channel_id":"tlbN64CH"}"#));
        assert_eq!(lane, of(r#" [{"event":"channel_live","channel":{"id":"tlbN64CH"}}]"#));
        let sent =
            lanes(Source::TwilioStatus, b"From=whatsapp%3A%2B15551230000&To=whatsapp%3A%2B1");
        let came =
            lanes(Source::TwilioMessages, b"To=whatsapp%3A%2B15551230000&From=whatsapp%3A%2B2");
        assert_eq!(sent, came);
    }

    #[test]
    fn the_parts_of_a_body_are_all_of_it_each_once() {
        let entries: Vec<String> =
            (0..50).map(|id| format!(r#"{{"id":"{id}","n":{id}}}"#)).collect();
        let body =
            format!(r#"{{"object":"whatsapp_business_account","entry":[{}]}}"#, entries.join(","));
        let all = lanes(Source::Meta, body.as_bytes());
        assert!(all.len() > 10);
        let mut seen = Vec::new();
        for lane in &all {
            let part = part(Source::Meta, body.as_bytes(), &all, *lane);
            assert_eq!(lanes(Source::Meta, &part), [*lane]);
            let part = read(&part);
            assert_eq!(part["object"], "whatsapp_business_account");
            seen.extend(
                part["entry"].as_array().unwrap().iter().map(|entry| entry["n"].as_i64().unwrap()),
            );
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..50).collect::<Vec<_>>());

        let body = br#"[{"data":{"id":"aCH"}},{"data":{"id":"bCH"}},{"data":{"id":"aCH"}}]"#;
        let all = lanes(Source::Dialog360Events, body);
        let parts = all.iter().map(|lane| part(Source::Dialog360Events, body, &all, *lane));
        assert_eq!(parts.map(|part| read(&part).as_array().unwrap().len()).sum::<usize>(), 3);
    }

    #[test]
    fn what_cannot_be_read_is_in_the_first_lane_as_a_whole() {
        let bodies: [&[u8]; 6] =
            [b"", b"{", b"null", b"[]", br#"{"entry":7}"#, b"{\"entry\":[{\"id\":\"\xff\"}]}"];
        for body in bodies {
            for source in Source::ALL {
                let all = lanes(*source, body);
                assert_eq!(all, [0], "{source} {body:?}");
                assert_eq!(part(*source, body, &all, 0), body);
            }
        }
    }
}
