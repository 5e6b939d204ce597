//! The API clients: what they send, what they read, when they repeat, and what they never follow.

mod calling;
mod dialog360;
mod meta;
mod twilio;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use trunkline_core::Random;
use trunkline_providers::api::{Budget, Caller, NoBudget, Patience, Pending, Pressure};

use crate::fake::{clock, http};

/// A caller that repeats without losing time.
pub(crate) fn caller() -> Caller {
    let patience = Patience { first_wait: Duration::from_millis(1), ..Patience::default() };
    Caller::new(http(), clock(), Random::seeded(1)).with_patience(patience)
}

/// A budget that writes down what it is asked, and has so many calls.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) taken: Mutex<Vec<String>>,
    pub(crate) pressed: Mutex<Vec<(String, Pressure)>>,
    pub(crate) most: Option<usize>,
}

impl Budget for Book {
    fn take<'a>(&'a self, name: &'a str) -> Pending<'a, Result<(), NoBudget>> {
        let mut taken = self.taken.lock().unwrap();
        taken.push(name.to_owned());
        let none = self.most.is_some_and(|most| taken.len() > most);
        let answer = if none { Err(NoBudget::Until(crate::fake::noon())) } else { Ok(()) };
        Box::pin(std::future::ready(answer))
    }

    fn press<'a>(&'a self, name: &'a str, pressure: Pressure) -> Pending<'a, ()> {
        self.pressed.lock().unwrap().push((name.to_owned(), pressure));
        Box::pin(std::future::ready(()))
    }
}

pub(crate) fn within(book: &Arc<Book>) -> Caller {
    caller().within(book.clone())
}
