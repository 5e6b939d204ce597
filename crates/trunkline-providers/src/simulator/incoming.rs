//! What somebody writes to a number, at whichever provider.

use crate::simulator::media::Media;

/// A message from somebody.
pub(crate) struct Incoming<'a> {
    /// The number, digits alone.
    pub(crate) from: &'a str,
    pub(crate) name: &'a str,
    /// Of a file, what is written below it.
    pub(crate) text: &'a str,
    pub(crate) file: Option<Media>,
}

impl Incoming<'_> {
    /// What kind of message it is, in Meta's words.
    pub(crate) fn kind(&self) -> &'static str {
        let Some(file) = &self.file else { return "text" };
        match file.mime_type.split('/').next() {
            Some("image") => "image",
            Some("audio") => "audio",
            Some("video") => "video",
            _ => "document",
        }
    }
}
