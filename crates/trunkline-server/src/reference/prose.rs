/// A paragraph: words, and those between backticks.
pub(super) struct Paragraph {
    /// Text, and whether it is code.
    pub(super) runs: Vec<(String, bool)>,
}

/// Paragraphs of the little Markdown that doc comments are written in.
pub(super) fn paragraphs(text: &str) -> Vec<Paragraph> {
    let parts = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let runs = part.split('`').enumerate().map(|(index, run)| (run, index % 2 == 1));
            let runs = runs.filter(|(run, _)| !run.is_empty());
            Paragraph { runs: runs.map(|(run, is_code)| (run.to_owned(), is_code)).collect() }
        })
        .collect()
}
