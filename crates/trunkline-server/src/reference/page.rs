use askama::Template;
use axum::http::HeaderMap;

use super::operation::{GROUPS, Group, INTRODUCTION};
use super::prose::Paragraph;
use crate::admin::{Frame, Page};

#[derive(Template)]
#[template(path = "reference/operations.html")]
struct ReferencePage {
    frame: Frame,
    introduction: &'static [Paragraph],
    groups: &'static [Group],
}

/// Every operation on one page, each with an anchor.
pub(super) async fn show(headers: HeaderMap) -> Page<impl Template> {
    let frame = Frame::anonymous(&headers);
    Page(ReferencePage { frame, introduction: &INTRODUCTION, groups: &GROUPS })
}
