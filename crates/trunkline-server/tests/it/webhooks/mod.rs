//! Webhooks, from the request to what becomes of them.

mod hostile;
mod operating;
mod receiving;
mod secrets;
mod sender;
mod working;
