use super::{
    company::Company,
    copy::{Moment, Rows},
    credentials::{Credentials, Number},
    random::Random,
    variant::{Flaw, Variant},
};

/// How many connections a company has: one entry a tenth of the companies.
const COUNTS: [u32; 10] = [0, 1, 1, 1, 2, 2, 3, 3, 4, 6];
const DAY: u32 = 86_400;

/// A row of `channel_connections`.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    pub(super) variant: Variant,
    pub(super) flaw: Option<Flaw>,
    id: u32,
    user: u32,
    company: Option<u32>,
    name: String,
    credentials: Credentials,
    status: Option<&'static str>,
    created_at: Moment,
    updated_at: Moment,
}

/// Makes the connections of one company after the other.
#[derive(Debug)]
pub(super) struct Connections {
    seed: u64,
    next_id: u32,
    /// The first WhatsApp number of the company before.
    neighbour: Option<(Variant, Number)>,
}

impl Connections {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, next_id: 1, neighbour: None }
    }

    pub(super) fn of(&mut self, company: &Company) -> Vec<Connection> {
        let mut random = company.connections_random(self.seed);
        let neighbour = self.neighbour.take();
        let count = random.pick(&COUNTS).unwrap_or_default();
        let repeats = random.per_mille(10);
        (0..count)
            .map(|slot| {
                let own = (Variant::draw(&mut random), Number { company: company.id, slot });
                let repeated = neighbour.filter(|_| repeats && slot == 0);
                let (variant, number) = repeated.unwrap_or(own);
                if self.neighbour.is_none() && variant.is_whatsapp() && repeated.is_none() {
                    self.neighbour = Some((variant, number));
                }
                let flaw = repeated.map(|_| Flaw::NumberOfOtherCompany);
                self.connection(company, variant, number, flaw, &mut random)
            })
            .collect()
    }

    fn connection(
        &mut self,
        company: &Company,
        variant: Variant,
        number: Number,
        flaw: Option<Flaw>,
        random: &mut Random,
    ) -> Connection {
        let drawn = match random.below(1000) {
            0..30 => Some(Flaw::CompanyOfUser),
            30..32 => Some(Flaw::CompanyUnknown),
            _ => None,
        };
        let flaw = flaw.or(drawn);
        let user = company.first_user + random.below(company.users);
        let created_at = Moment(company.created_at.0 + random.below(365 * DAY));
        let id = self.next_id;
        self.next_id += 1;
        Connection {
            variant,
            flaw,
            id,
            user: if flaw == Some(Flaw::CompanyUnknown) { 1 } else { user },
            company: match flaw {
                Some(Flaw::CompanyOfUser | Flaw::CompanyUnknown) => None,
                Some(Flaw::NumberOfOtherCompany) | None => Some(company.id),
            },
            name: format!("{} {}", company.name, number.slot + 1),
            credentials: Credentials::new(variant, number, created_at, random),
            status: match random.below(100) {
                0..85 => Some("active"),
                85..93 => Some("inactive"),
                93..98 => Some("error"),
                _ => None,
            },
            created_at,
            updated_at: Moment(created_at.0 + random.below(180 * DAY)),
        }
    }
}

impl Connection {
    pub(super) fn write(&self, rows: &mut Rows) {
        rows.push(&[
            Some(&self.id),
            Some(&self.user),
            self.company.as_ref().map(|company| company as _),
            Some(&self.variant.channel_type()),
            Some(&self.credentials.account_id),
            Some(&self.name),
            self.credentials.access_token.as_ref().map(|token| token as _),
            self.status.as_ref().map(|status| status as _),
            self.credentials.data.as_ref().map(|data| data as _),
            Some(&self.created_at),
            Some(&self.updated_at),
        ]);
    }
}
