use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader, Limits, imageops::FilterType};
use tokio::sync::Semaphore;
use trunkline_store::partner_accounts::Logo;

use super::input::refuse;
use crate::Problem;
use crate::problem::Kind;

/// The largest file that is taken, in bytes.
pub(super) const LARGEST_LOGO: usize = 512 * 1024;

/// The longest side of what is taken, in pixels.
const LONGEST_SIDE: u32 = 4096;

/// The longest side of what is kept, in pixels.
const KEPT_SIDE: u32 = 512;

/// What decoding may take of memory, in bytes: an image of few bytes can claim millions of pixels.
const MEMORY: u64 = 32 * 1024 * 1024;

/// Two at a time, so that many uploads do not take that memory many times over.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Decodes a file and writes it anew: what is kept holds pixels and nothing else.
pub(super) async fn rewrite(file: Vec<u8>) -> Result<Logo, Problem> {
    if file.len() > LARGEST_LOGO {
        let detail = format!("logo: it must have at most {} KiB", LARGEST_LOGO / 1024);
        return Err(Problem::new(Kind::TooLarge, detail));
    }
    let _turn = TURNS.acquire().await.map_err(Problem::internal)?;
    let rewritten = tokio::task::spawn_blocking(move || decode(&file)).await;
    rewritten.map_err(Problem::internal)?.map_err(|message| refuse("logo", message))
}

fn decode(file: &[u8]) -> Result<Logo, String> {
    if file.is_empty() {
        return Err("the file is empty".to_owned());
    }
    let format = image::guess_format(file).ok().filter(|format| {
        matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP)
    });
    let Some(format) = format else {
        return Err(if is_svg(file) {
            "SVG is not taken: it can carry script; save it as PNG".to_owned()
        } else {
            "it must be a PNG, JPEG or WebP file".to_owned()
        });
    };
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let image = reader.decode().map_err(|error| match error {
        image::ImageError::Limits(_) => format!(
            "it is larger than {LONGEST_SIDE} pixels on a side, or {} MiB when it is decoded",
            MEMORY / 1024 / 1024
        ),
        _ => "it cannot be read: the file is damaged, or is no such image".to_owned(),
    })?;
    encode(image, format)
}

/// JPEG stays JPEG, which suits photographs; the others become PNG, which keeps what is transparent.
fn encode(image: DynamicImage, format: ImageFormat) -> Result<Logo, String> {
    let is_large = image.width().max(image.height()) > KEPT_SIDE;
    let image =
        if is_large { image.resize(KEPT_SIDE, KEPT_SIDE, FilterType::Triangle) } else { image };
    let (image, format, content_type) = match format {
        ImageFormat::Jpeg => (image.into_rgb8().into(), format, "image/jpeg"),
        _ => (DynamicImage::from(image.into_rgba8()), ImageFormat::Png, "image/png"),
    };
    let mut written = Cursor::new(Vec::new());
    image
        .write_to(&mut written, format)
        .map_err(|error| format!("it cannot be written: {error}"))?;
    Ok(Logo { content_type: content_type.to_owned(), bytes: written.into_inner() })
}

fn is_svg(file: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&file[..file.len().min(4096)]).to_ascii_lowercase();
    head.contains("<svg") || head.trim_start_matches('\u{feff}').trim_start().starts_with("<?xml")
}
