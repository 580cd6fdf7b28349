//! Pictures of people. Whatever is uploaded is decoded, within bounds, and written anew as a small square: nothing of the file itself is
//! kept, so that neither where a photograph was taken nor anything a browser would run goes along. Who has none is shown a
//! pattern made of their address.

use crate::limits::{PORTRAIT_ALLOC_BYTES_MAX, PORTRAIT_PIXELS, PORTRAIT_SIDE_MAX, PORTRAITS_AT_ONCE};
use crate::viewer::hash_of_bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use pritchel_actor::ActorId;
use pritchel_actors::person::rows::Picture;
use std::io::Cursor;
use tokio::sync::Semaphore;

/// Of 100: hardly to be told from the original at this size.
const JPEG_QUALITY: u8 = 88;
/// Hexadecimal digits of a picture's hash that are its name.
const NAME_CHARS: usize = 32;

/// Decoding takes memory by the pixel.
static DECODING: Semaphore = Semaphore::const_new(PORTRAITS_AT_ONCE);

/// How many are decoded at this moment.
pub(crate) fn in_use() -> usize {
    PORTRAITS_AT_ONCE.saturating_sub(DECODING.available_permits())
}

/// Why a file is no picture for us.
#[derive(Debug, thiserror::Error)]
pub enum PortraitError {
    /// It is of no format we read, whatever it is called.
    #[error("expected a picture as PNG, JPEG, GIF or WebP, found something else")]
    Format,
    /// It has too many pixels.
    #[error("expected a picture of at most {PORTRAIT_SIDE_MAX} pixels a side, found {width} by {height}")]
    Size {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// It is broken, or larger than it looks.
    #[error("the picture cannot be read: {0}")]
    Broken(String),
}

impl From<ImageError> for PortraitError {
    fn from(error: ImageError) -> Self {
        Self::Broken(error.to_string())
    }
}

/// A picture made of an uploaded file, with its name, on a thread where that may take its time.
pub async fn made_of(bytes: bytes::Bytes) -> Result<(String, Picture), PortraitError> {
    let broken = |why: &dyn std::fmt::Display| PortraitError::Broken(why.to_string());
    let _place = DECODING.acquire().await.map_err(|closed| broken(&closed))?;
    tokio::task::spawn_blocking(move || written_anew(&bytes)).await.map_err(|failed| broken(&failed))?
}

fn written_anew(bytes: &[u8]) -> Result<(String, Picture), PortraitError> {
    let picture = square(bytes)?;
    let (media_type, bytes) = if picture.color().has_alpha() {
        let mut bytes = Vec::new();
        picture.to_rgba8().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)?;
        ("image/png", bytes)
    } else {
        let mut bytes = Vec::new();
        picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
        ("image/jpeg", bytes)
    };
    let name = hash_of_bytes(&bytes).chars().take(NAME_CHARS).collect();
    Ok((name, Picture { media_type: media_type.to_owned(), base64: STANDARD.encode(bytes) }))
}

/// The middle of a picture, upright, at most [`PORTRAIT_PIXELS`] a side.
fn square(bytes: &[u8]) -> Result<DynamicImage, PortraitError> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| PortraitError::Format)?;
    if !reader.format().is_some_and(|format| {
        matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP)
    }) {
        return Err(PortraitError::Format);
    }
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > PORTRAIT_SIDE_MAX || width.min(height) == 0 {
        return Err(PortraitError::Size { width, height });
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(PORTRAIT_ALLOC_BYTES_MAX);
    decoder.set_limits(limits)?;
    let orientation = decoder.orientation()?;
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    let (width, height) = (picture.width(), picture.height());
    let side = width.min(height);
    let middle = picture.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    let wanted = side.min(PORTRAIT_PIXELS);
    Ok(if side == wanted { middle } else { middle.resize_exact(wanted, wanted, FilterType::CatmullRom) })
}

/// Cells of a pattern a side; its left half is mirrored.
const CELLS: usize = 5;

/// The pattern of somebody who has no picture: the cells that are filled, from the top left, and a hue of 360.
pub fn pattern(actor: &ActorId) -> (Vec<(usize, usize)>, u32) {
    let digest = hash_of_bytes(actor.as_str().as_bytes());
    let digits: Vec<u32> = digest.chars().filter_map(|digit| digit.to_digit(16)).collect();
    let mut cells = Vec::new();
    for y in 0..CELLS {
        for x in 0..CELLS {
            let place = y * CELLS.div_ceil(2) + x.min(CELLS - 1 - x);
            if digits.get(place).is_some_and(|digit| digit % 2 == 0) {
                cells.push((x, y));
            }
        }
    }
    let hue = digits.iter().rev().take(3).fold(0, |hue, digit| hue * 16 + digit) % 360;
    (cells, hue)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    fn decoded(picture: &Picture) -> DynamicImage {
        image::load_from_memory(&STANDARD.decode(&picture.base64).unwrap()).unwrap()
    }

    #[test]
    fn every_format_becomes_a_small_square_with_nothing_in_it_but_pixels() {
        let plain = DynamicImage::from(RgbImage::from_pixel(800, 600, Rgb([200, 30, 30])));
        let clear = DynamicImage::from(RgbaImage::from_pixel(40, 90, Rgba([0, 0, 200, 100])));
        for (file, media_type, side) in [
            (encoded(&plain, ImageFormat::Jpeg), "image/jpeg", PORTRAIT_PIXELS),
            (encoded(&plain, ImageFormat::Png), "image/jpeg", PORTRAIT_PIXELS),
            (encoded(&plain, ImageFormat::WebP), "image/jpeg", PORTRAIT_PIXELS),
            (encoded(&clear, ImageFormat::Png), "image/png", 40),
            (encoded(&clear, ImageFormat::Gif), "image/png", 40),
        ] {
            let (name, picture) = written_anew(&file).unwrap();
            let shown = decoded(&picture);
            assert_eq!((picture.media_type.as_str(), shown.width(), shown.height()), (media_type, side, side));
            assert_eq!(name.len(), NAME_CHARS);
        }
    }

    #[test]
    fn what_stands_behind_or_between_the_pixels_is_not_kept() {
        let mut file = encoded(&RgbImage::from_pixel(9, 9, Rgb([1, 2, 3])).into(), ImageFormat::Png);
        file.extend_from_slice(b"<script>alert(1)</script>");
        let (_, picture) = written_anew(&file).unwrap();
        let kept = STANDARD.decode(&picture.base64).unwrap();
        assert!(!kept.windows(7).any(|part| part == b"<script"));
    }

    #[test]
    fn what_is_no_picture_or_has_too_many_pixels_is_refused() {
        for file in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"", b"GIF89", b"BM000000000000000000000000"] {
            assert!(written_anew(file).is_err(), "{file:?}");
        }
        let whole = encoded(&RgbImage::from_pixel(30, 30, Rgb([1, 2, 3])).into(), ImageFormat::Png);
        assert!(matches!(written_anew(&whole[..whole.len() / 2]), Err(PortraitError::Broken(_))));
        // A header that promises more pixels than are there.
        let mut bomb = whole;
        bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
        assert!(written_anew(&bomb).is_err());
        let wide = DynamicImage::from(RgbImage::new(PORTRAIT_SIDE_MAX + 1, 1));
        let wide = written_anew(&encoded(&wide, ImageFormat::Png));
        assert!(matches!(wide, Err(PortraitError::Size { .. })), "{wide:?}");
    }

    #[test]
    fn a_pattern_is_the_same_each_time_and_mirrored_and_another_for_another() {
        let (one, other) = (ActorId::from("https://a.example/people/a"), ActorId::from("https://a.example/people/b"));
        let (cells, hue) = pattern(&one);
        assert_eq!(pattern(&one), (cells.clone(), hue));
        assert!(cells.iter().all(|(x, y)| cells.contains(&(CELLS - 1 - x, *y))));
        assert_ne!(pattern(&other), (cells, hue));
        assert!(hue < 360);
    }
}
