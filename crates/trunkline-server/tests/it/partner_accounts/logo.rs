use std::fmt::Write;
use std::io::Cursor;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};
use serde_json::json;

use super::{ACCOUNTS, add, small_meta};
use crate::support::{Answer, Service};

fn file(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut written = Cursor::new(Vec::new());
    image.write_to(&mut written, format).unwrap();
    written.into_inner()
}

async fn put(service: &Service, key: &str, kind: &str, file: Vec<u8>) -> Answer {
    let request = Request::put(format!("{ACCOUNTS}/1/logo"))
        .header(AUTHORIZATION, format!("Bearer {key}"))
        .header(CONTENT_TYPE, kind);
    service.send(request.body(Body::from(file)).unwrap()).await
}

/// A PNG of few bytes that claims so many pixels.
fn bomb(side: u32) -> Vec<u8> {
    let mut bytes = file(&RgbaImage::new(1, 1).into(), ImageFormat::Png);
    bytes[16..20].copy_from_slice(&side.to_be_bytes());
    bytes[20..24].copy_from_slice(&side.to_be_bytes());
    let sum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
        })
    })
}

#[tokio::test]
async fn a_logo_is_written_anew_served_and_taken_away() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let added = add(&service, &key, &small_meta(1)).await;
    assert_eq!(service.get(&format!("{ACCOUNTS}/1/logo"), &key).await.status.as_u16(), 404);
    let mut png = file(&RgbaImage::new(2000, 1000).into(), ImageFormat::Png);
    let webp = file(&RgbaImage::new(30, 20).into(), ImageFormat::WebP);
    let jpeg = file(&RgbImage::new(30, 20).into(), ImageFormat::Jpeg);
    png.extend(b"<script>alert(1)</script>");
    for (bytes, kind, sides) in [
        (png, "image/png", (512, 256)),
        (webp, "image/png", (30, 20)),
        (jpeg, "image/jpeg", (30, 20)),
    ] {
        // Not what the client says it is, but what it is.
        let answer = put(&service, &key, "application/octet-stream", bytes).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
        assert_eq!(answer.json()["logo"]["content_type"], kind);
        let query = "SELECT logo FROM trunkline.partner_account_details";
        let stored: Vec<u8> = service.client.query_one(query, &[]).await.unwrap().get(0);
        let image = image::load_from_memory(&stored).unwrap();
        assert_eq!((image.width(), image.height()), sides);
        assert!(!stored.windows(8).any(|window| window == b"<script>"));
        let served = service.get(&format!("{ACCOUNTS}/1/logo"), &key).await;
        assert_eq!(served.header("content-type"), kind);
        assert_eq!(served.header("content-security-policy"), "default-src 'none'; sandbox");
    }
    let request = Request::delete(format!("{ACCOUNTS}/1/logo"))
        .header(AUTHORIZATION, format!("Bearer {key}"))
        .header("if-match", added.header("etag"));
    let stale = service.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(stale.status.as_u16(), 412);
    let gone = service.call("DELETE", &format!("{ACCOUNTS}/1/logo"), &key, &json!(null)).await;
    assert_eq!(gone.json()["logo"], added.json()["logo"]);
    let again = service.call("DELETE", &format!("{ACCOUNTS}/1/logo"), &key, &json!(null)).await;
    assert_eq!(again.status.as_u16(), 200);
}

#[tokio::test]
async fn what_is_no_picture_that_is_taken_is_refused_with_the_reason() {
    let service = Service::new().await;
    let key = service.api_key("admin", None).await;
    let added = add(&service, &key, &small_meta(1)).await;
    let mut cut = file(&RgbaImage::new(100, 100).into(), ImageFormat::Png);
    cut.truncate(cut.len() / 2);
    let svg = "<?xml version=\"1.0\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let cases: [(&str, Vec<u8>, u16); 8] = [
        ("an SVG", svg.into(), 422),
        ("a GIF", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".to_vec(), 422),
        ("text", b"hello".to_vec(), 422),
        ("nothing", Vec::new(), 422),
        ("half a PNG", cut, 422),
        ("a bomb of 40000 x 40000", bomb(40_000), 422),
        ("a bomb of 4096 x 4096", bomb(4096), 422),
        ("600 KiB", vec![0x89; 600 * 1024], 413),
    ];
    let mut said = String::new();
    for (name, bytes, status) in cases {
        let answer = put(&service, &key, "image/png", bytes).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.body);
        writeln!(said, "{name}: {}", answer.json()["detail"].as_str().unwrap()).unwrap();
    }
    insta::assert_snapshot!(said);
    assert_eq!(service.get(added.header("location"), &key).await.body, added.body);
}
