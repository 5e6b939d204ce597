use super::{
    copy::{Moment, Rows},
    random::Random,
};

const FIRST_WORDS: [&str; 12] = [
    "North",
    "Blue",
    "Café",
    "Müller",
    "O'Brien",
    "Nova",
    "São Paulo",
    "Quick",
    "Green",
    "Ağaoğlu",
    "Łódź",
    "東京",
];
const SECOND_WORDS: [&str; 10] = [
    "Dental",
    "Motors",
    "Logistics",
    "Travel",
    "Bakery",
    "Clinic & Spa",
    "Estates",
    "\"Fresh\" Foods",
    "Law",
    "Fitness",
];
const PLANS: [&str; 6] = ["free", "free", "starter", "starter", "business", "enterprise"];
const DAY: u32 = 86_400;

/// A tenant of the platform, with its users.
#[derive(Debug, Clone)]
pub(super) struct Company {
    pub(super) id: u32,
    pub(super) name: String,
    slug: String,
    plan: &'static str,
    active: bool,
    pub(super) created_at: Moment,
    /// Id of its first user; the ids are consecutive.
    pub(super) first_user: u32,
    pub(super) users: u32,
}

impl Company {
    /// All companies in order of id. Each is the same whatever number of companies follows.
    pub(super) fn all(seed: u64, count: u32) -> impl Iterator<Item = Self> {
        // User 1 is the platform's administrator, of no company.
        (1..=count).scan(2, move |next_user, id| {
            let company = Self::new(seed, id, *next_user);
            *next_user += company.users;
            Some(company)
        })
    }

    fn new(seed: u64, id: u32, first_user: u32) -> Self {
        let mut random = Random::new(seed, u64::from(id) * 2);
        let first = random.pick(&FIRST_WORDS).unwrap_or_default();
        let second = random.pick(&SECOND_WORDS).unwrap_or_default();
        Self {
            id,
            name: format!("{first} {second} {id}"),
            slug: format!("company-{id}"),
            plan: random.pick(&PLANS).unwrap_or_default(),
            active: !random.per_mille(60),
            created_at: Moment(random.below(4 * 365 * DAY)),
            first_user,
            users: 1 + random.below(4),
        }
    }

    /// What its connections are drawn from.
    pub(super) fn connections_random(&self, seed: u64) -> Random {
        Random::new(seed, u64::from(self.id) * 2 + 1)
    }

    pub(super) fn write(&self, rows: &mut Rows) {
        rows.push(&[
            Some(&self.id),
            Some(&self.name),
            Some(&self.slug),
            Some(&self.plan),
            Some(&self.active),
            Some(&self.created_at),
            Some(&self.created_at),
        ]);
    }

    pub(super) fn write_users(&self, rows: &mut Rows) {
        for (number, id) in (self.first_user..self.first_user + self.users).enumerate() {
            let role = if number == 0 { "admin" } else { "agent" };
            rows.push(&[
                Some(&id),
                Some(&self.id),
                Some(&format_args!("user{id}@{}.example", self.slug)),
                Some(&format_args!("Sample User {id}")),
                Some(&role),
                Some(&"!no-password"),
                Some(&self.created_at),
                Some(&self.created_at),
            ]);
        }
    }
}

/// The platform's administrator: user 1, of no company.
pub(super) fn write_administrator(rows: &mut Rows) {
    rows.push(&[
        Some(&1),
        None,
        Some(&"administrator@platform.example"),
        Some(&"Platform Administrator"),
        Some(&"super_admin"),
        Some(&"!no-password"),
        Some(&Moment(0)),
        Some(&Moment(0)),
    ]);
}
