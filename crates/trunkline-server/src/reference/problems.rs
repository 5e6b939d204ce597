use askama::Template;
use axum::extract::Path;
use axum::http::HeaderMap;

use super::operation::{GROUPS, Group};
use super::prose::{Paragraph, paragraphs};
use crate::admin::{Frame, Page, PageProblem};
use crate::problem::{Kind, Problem};

#[derive(Template)]
#[template(path = "reference/problems.html")]
struct ProblemsPage {
    frame: Frame,
    title: &'static str,
    groups: &'static [Group],
    problems: Vec<Explained>,
    is_one: bool,
}

struct Explained {
    slug: &'static str,
    status: u16,
    title: &'static str,
    meaning: Vec<Paragraph>,
    remedy: Vec<Paragraph>,
}

impl From<Kind> for Explained {
    fn from(kind: Kind) -> Self {
        let (slug, status, title) = kind.describe();
        let (meaning, remedy) = kind.explain();
        Self {
            slug,
            status: status.as_u16(),
            title,
            meaning: paragraphs(meaning),
            remedy: paragraphs(remedy),
        }
    }
}

/// Every kind of problem.
pub(super) async fn list(headers: HeaderMap) -> Page<impl Template> {
    Page(ProblemsPage {
        frame: Frame::anonymous(&headers),
        title: "Problems",
        groups: &GROUPS,
        problems: Kind::ALL.iter().copied().map(Explained::from).collect(),
        is_one: false,
    })
}

/// One kind: where its type URI leads.
pub(super) async fn show(
    headers: HeaderMap,
    Path(slug): Path<String>,
) -> Result<Page<impl Template>, PageProblem> {
    let kind = Kind::ALL.iter().copied().find(|kind| kind.describe().0 == slug);
    let problem = kind.map(Explained::from).ok_or_else(|| Problem::not_found("kind of problem"))?;
    Ok(Page(ProblemsPage {
        frame: Frame::anonymous(&headers),
        title: problem.title,
        groups: &GROUPS,
        problems: vec![problem],
        is_one: true,
    }))
}
