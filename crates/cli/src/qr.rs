//! A QR code in a terminal.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};
use zeroize::Zeroizing;

use crate::terminal::Picture;

/// The code of a text; `None` where it is too long for one.
///
/// Two rows of squares make one row of characters: the upper half of a character has its
/// foreground's colour, the lower half its background's. Both are set outright, so that a dark
/// terminal shows the same as a light one.
pub(crate) fn draw(text: &str) -> Option<Picture> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let width = code.width();
    let side = width + 2 * QUIET;
    let is_dark = |x: usize, y: usize| {
        let inside = |at: usize| (QUIET..QUIET + width).contains(&at);
        inside(x) && inside(y) && code[(x - QUIET, y - QUIET)] == Color::Dark
    };
    let rows = side.div_ceil(2);
    let mut drawn = Zeroizing::new(String::with_capacity(
        rows * (side * '▀'.len_utf8() * 8 + 16),
    ));
    for row in 0..rows {
        let mut last = None;
        for x in 0..side {
            let halves = (is_dark(x, 2 * row), is_dark(x, 2 * row + 1));
            if last.replace(halves) != Some(halves) {
                let (upper, lower) = (shade(halves.0), shade(halves.1));
                let _ = write!(drawn, "\x1b[38;5;{upper};48;5;{lower}m");
            }
            drawn.push('▀');
        }
        drawn.push_str("\x1b[0m\n");
    }
    Some(Picture {
        text: drawn,
        columns: side,
    })
}

/// Black and white of the 256 colours: those of the first sixteen are whatever a theme makes them.
const fn shade(is_dark: bool) -> u8 {
    if is_dark { 16 } else { 231 }
}

/// Light squares around it: a reader needs four to find it.
const QUIET: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_read_again() {
        for text in [
            "otpauth://totp/acme:ann?secret=JBSWY3DPEHPK3PXP&issuer=acme".to_owned(),
            format!(
                "otpauth://totp/{}?secret={}",
                "a".repeat(100),
                "B".repeat(52)
            ),
        ] {
            let picture = draw(&text).unwrap();
            assert_eq!(read(&picture.text), text);
            assert!(picture.columns <= 80, "{}", picture.columns);
        }
    }

    #[test]
    fn it_is_as_wide_as_it_says_and_quiet_around() {
        let picture = draw("hello").unwrap();
        let pixels = pixels(&picture.text);
        assert_eq!(
            pixels.len(),
            30,
            "21 squares, 2 × 4 around, an even number of rows"
        );
        for row in &pixels {
            assert_eq!(row.len(), picture.columns);
            assert!(!row[..4].contains(&true) && !row[25..].contains(&true));
        }
        for row in pixels[..4].iter().chain(&pixels[25..]) {
            assert!(!row.contains(&true));
        }
    }

    #[test]
    fn what_is_too_long_is_not_drawn() {
        assert!(draw(&"x".repeat(3000)).is_none());
    }

    /// What a camera makes of it.
    fn read(drawn: &str) -> String {
        const SCALE: usize = 4;
        let pixels = pixels(drawn);
        let (width, height) = (pixels[0].len() * SCALE, pixels.len() * SCALE);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            if pixels[y / SCALE][x / SCALE] { 0 } else { 255 }
        });
        image.detect_grids()[0].decode().unwrap().1
    }

    /// What a terminal makes of it: dark or not, two rows for each line.
    fn pixels(drawn: &str) -> Vec<Vec<bool>> {
        let mut pixels = Vec::new();
        for line in drawn.lines() {
            let (mut upper, mut lower) = (Vec::new(), Vec::new());
            let mut halves = None;
            let mut rest = line;
            while !rest.is_empty() {
                if let Some(after) = rest.strip_prefix('▀') {
                    let (up, low) = halves.expect("both colours are set");
                    upper.push(up);
                    lower.push(low);
                    rest = after;
                    continue;
                }
                let (sequence, after) = rest.split_once('m').unwrap();
                let dark = |shade| match shade {
                    "16" => true,
                    "231" => false,
                    other => panic!("{other}"),
                };
                let parts: Vec<&str> = sequence["\x1b[".len()..].split(';').collect();
                halves = match parts[..] {
                    ["38", "5", up, "48", "5", low] => Some((dark(up), dark(low))),
                    ["0"] => None,
                    _ => panic!("{parts:?}"),
                };
                rest = after;
            }
            assert_eq!(halves, None, "the colours end with the line");
            pixels.extend([upper, lower]);
        }
        pixels
    }
}
