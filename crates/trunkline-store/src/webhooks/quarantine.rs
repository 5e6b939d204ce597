use jiff::Timestamp;
use jiff::civil::Date;
use trunkline_core::events::{Event, Subject};

use crate::database::Parameters;
use crate::{Executor, StoreError};

/// A webhook that waits for a client or channel.
#[derive(Debug, Clone, Copy)]
pub struct Quarantined<'a> {
    /// Its row in the inbox.
    pub inbox_id: i64,
    /// The day of that row.
    pub day: Date,
    /// What of it is about what is not there.
    pub event: &'a Event,
}

impl<'a> Quarantined<'a> {
    /// What it waits for: an id or a number, and the client that was named with it.
    fn subject(&self) -> Option<(&'a str, Option<&'a str>)> {
        match &self.event.subject {
            Subject::Channel { id, number, client } => {
                Some((id.as_deref().or(number.as_deref())?, client.as_deref()))
            }
            Subject::Client(id) => Some((id, None)),
            Subject::Account => None,
        }
    }
}

/// Keeps what waits, each webhook once for each subject.
pub async fn insert_quarantined(
    executor: Executor<'_>,
    lane: u8,
    waiting: &[Quarantined<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    let known: Vec<_> = waiting.iter().filter_map(|one| Some((one, one.subject()?))).collect();
    if known.is_empty() {
        return Ok(());
    }
    let query = "
        INSERT INTO trunkline.webhook_quarantine (lane, quarantined_at, inbox_id, inbox_day, provider, subject, client)
        SELECT $1, $2, given.*
        FROM unnest($3::BIGINT[], $4::DATE[], $5::TEXT[], $6::TEXT[], $7::TEXT[]) AS given
        ON CONFLICT DO NOTHING";
    let ids: Vec<_> = known.iter().map(|(one, _)| one.inbox_id).collect();
    let days: Vec<_> = known.iter().map(|(one, _)| one.day).collect();
    let providers: Vec<_> =
        known.iter().map(|(one, _)| one.event.source.provider().as_str()).collect();
    let subjects: Vec<_> = known.iter().map(|(_, (subject, _))| *subject).collect();
    let clients: Vec<_> = known.iter().map(|(_, (_, client))| *client).collect();
    let parameters: Parameters<'_> =
        &[&i16::from(lane), &now, &ids, &days, &providers, &subjects, &clients];
    executor.execute("quarantine webhooks", query, parameters).await?;
    Ok(())
}

/// Has worked on again what waited for a client or channel that a company has now; says how many there are.
///
/// What is looked at are the subjects, not what waits for them.
pub async fn release_quarantined(executor: Executor<'_>) -> Result<u64, StoreError> {
    let query = "
        WITH subjects AS (
            SELECT DISTINCT provider, subject, client
            FROM trunkline.webhook_quarantine
        ),
        linked AS (
            SELECT provider, subject, client
            FROM subjects
            WHERE CASE provider
                WHEN 'meta' THEN
                    EXISTS (SELECT FROM public.meta_whatsapp_clients WHERE business_account_id = subject)
                    OR EXISTS (SELECT FROM public.meta_whatsapp_phone_numbers WHERE phone_number_id = subject)
                    OR EXISTS (
                        SELECT
                        FROM public.meta_whatsapp_phone_numbers AS channel
                        JOIN public.meta_whatsapp_clients AS owner ON owner.id = channel.client_id
                        WHERE channel.phone_number = subject
                            AND (subjects.client IS NULL OR owner.business_account_id = subjects.client)
                    )
                WHEN '360dialog' THEN
                    EXISTS (SELECT FROM public.dialog_360_clients WHERE client_id = subject)
                    OR EXISTS (SELECT FROM public.dialog_360_channels WHERE channel_id = subject)
                    OR EXISTS (
                        SELECT
                        FROM public.dialog_360_channels AS channel
                        JOIN public.dialog_360_clients AS owner ON owner.id = channel.client_id
                        WHERE channel.phone_number = subject
                            AND (subjects.client IS NULL OR owner.client_id = subjects.client)
                    )
                ELSE
                    EXISTS (SELECT FROM trunkline.twilio_clients WHERE account_sid = subject)
                    OR EXISTS (SELECT FROM trunkline.twilio_senders WHERE sender_sid = subject)
                    OR EXISTS (
                        SELECT
                        FROM trunkline.twilio_senders AS channel
                        JOIN trunkline.twilio_clients AS owner ON owner.id = channel.client_id
                        WHERE channel.phone_number = subject
                            AND (subjects.client IS NULL OR owner.account_sid = subjects.client)
                    )
            END
        ),
        released AS (
            DELETE FROM trunkline.webhook_quarantine AS waiting
            USING linked
            WHERE waiting.provider = linked.provider
                AND waiting.subject = linked.subject
                AND waiting.client IS NOT DISTINCT FROM linked.client
            RETURNING waiting.lane, waiting.inbox_id, waiting.inbox_day
        )
        INSERT INTO trunkline.webhook_queue (lane, inbox_id, inbox_day)
        SELECT DISTINCT lane, inbox_id, inbox_day
        FROM released
        ON CONFLICT DO NOTHING";
    executor.execute("release webhooks of the quarantine", query, &[]).await
}
