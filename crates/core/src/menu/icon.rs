//! The icon as pixels: a key on a badge, and a mark for its state.
//!
//! The badge carries its own contrast, so that it reads in light and in dark panels; the states
//! differ in shape as well as in colour. Shapes are drawn at the size that is asked for, so that
//! sixteen pixels are as crisp as forty-eight.

use super::Icon;

/// The sizes that panels ask for, in pixels.
pub const SIZES: [u32; 5] = [16, 22, 24, 32, 48];

/// A square picture: four bytes a pixel, alpha, red, green and blue, the colour not multiplied by
/// the alpha, row by row from the top.
pub fn argb(icon: Icon, size: u32) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(4 * (size as usize).pow(2));
    for y in 0..size {
        for x in 0..size {
            pixels.extend(pixel(icon, size, x, y));
        }
    }
    pixels
}

/// The mean of a grid of looks into the pixel.
fn pixel(icon: Icon, size: u32, x: u32, y: u32) -> [u8; 4] {
    let (mut sum, mut covered) = ([0_u32; 3], 0_u32);
    for look in 0..LOOKS * LOOKS {
        let at = |pixel: u32, step: u32| {
            (pixel as f32 + (step as f32 + 0.5) / LOOKS as f32) / size as f32
        };
        let point = Point(at(x, look % LOOKS), at(y, look / LOOKS));
        if let Some(color) = color(icon, point) {
            covered += 1;
            for (sum, part) in sum.iter_mut().zip(color) {
                *sum += u32::from(part);
            }
        }
    }
    let mean = |sum: u32| u8::try_from(sum / covered.max(1)).unwrap_or(u8::MAX);
    let alpha = u8::try_from(255 * covered / (LOOKS * LOOKS)).unwrap_or(u8::MAX);
    [alpha, mean(sum[0]), mean(sum[1]), mean(sum[2])]
}

/// What is seen at a point; nothing outside of the badge.
fn color(icon: Icon, point: Point) -> Option<Color> {
    let (badge, mark) = match icon {
        Icon::Well => (GREEN, Mark::None),
        Icon::NeedsSignIn => (ORANGE, Mark::Exclamation),
        Icon::Waiting => (BLUE, Mark::Turning),
        Icon::Nobody => (GREY, Mark::None),
    };
    if mark != Mark::None {
        let from_mark = point.from(MARK);
        if from_mark < MARK_RADIUS {
            return Some(if mark.covers(point) { WHITE } else { INK });
        }
    }
    let edge = point.outside_of(0.0, 1.0, 0.25);
    if edge > 0.0 {
        return None;
    }
    let key = Key::at(if mark == Mark::None { 0.5 } else { 0.3125 });
    if icon == Icon::Nobody {
        // Hollow: nobody is in.
        return (edge > -RIM || key.covers(point)).then_some(badge);
    }
    Some(if key.covers(point) { WHITE } else { badge })
}

/// A point of the picture, whose sides are 1.
#[derive(Clone, Copy)]
struct Point(f32, f32);

impl Point {
    fn from(self, other: Self) -> f32 {
        (self.0 - other.0).hypot(self.1 - other.1)
    }

    fn is_within(self, x: [f32; 2], y: [f32; 2]) -> bool {
        (x[0]..x[1]).contains(&self.0) && (y[0]..y[1]).contains(&self.1)
    }

    /// How far it lies outside of a square with round corners; negative inside.
    fn outside_of(self, low: f32, high: f32, radius: f32) -> f32 {
        let (middle, half) = (f32::midpoint(low, high), (high - low) / 2.0 - radius);
        let (x, y) = (
            (self.0 - middle).abs() - half,
            (self.1 - middle).abs() - half,
        );
        x.max(0.0).hypot(y.max(0.0)) + x.max(y).min(0.0) - radius
    }
}

/// A key that lies on its side: bow, shaft and two teeth.
struct Key {
    middle: f32,
}

impl Key {
    fn at(middle: f32) -> Self {
        Self { middle }
    }

    fn covers(&self, point: Point) -> bool {
        let y = self.middle;
        let bow = point.from(Point(0.31, y));
        let shaft = point.is_within([0.45, 0.875], [y - 0.0625, y + 0.0625]);
        let teeth = point.is_within([0.625, 0.725], [y, y + 0.1875])
            || point.is_within([0.775, 0.875], [y, y + 0.1875]);
        (0.085..0.19).contains(&bow) || shaft || teeth
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Exclamation,
    Turning,
}

impl Mark {
    fn covers(self, point: Point) -> bool {
        let (x, y) = (point.0 - MARK.0, point.1 - MARK.1);
        match self {
            Self::None => false,
            Self::Exclamation => {
                x.abs() < 0.0625 && ((-0.1875..0.0625).contains(&y) || (0.125..0.1875).contains(&y))
            }
            Self::Turning => (0.085..0.175).contains(&x.hypot(y)) && !(x > 0.0 && y < 0.0),
        }
    }
}

type Color = [u8; 3];

const GREEN: Color = [0x0b, 0x84, 0x68];
const ORANGE: Color = [0xd0, 0x4a, 0x02];
const BLUE: Color = [0x3f, 0x68, 0xa8];
const GREY: Color = [0x78, 0x80, 0x8b];
const INK: Color = [0x1a, 0x1c, 0x22];
const WHITE: Color = [0xff, 0xff, 0xff];

const MARK: Point = Point(0.6875, 0.6875);
const MARK_RADIUS: f32 = 0.26;
const RIM: f32 = 0.07;

/// Looks into a pixel, in each direction.
const LOOKS: u32 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Icon; 4] = [Icon::Well, Icon::NeedsSignIn, Icon::Waiting, Icon::Nobody];

    #[test]
    fn a_picture_is_whole_at_every_size() {
        for icon in ALL {
            for size in SIZES {
                let pixels = argb(icon, size);
                assert_eq!(pixels.len(), (size * size * 4) as usize);
                assert_eq!(pixels[0], 0, "the corner is clear");
                let solid = pixels.chunks(4).filter(|pixel| pixel[0] == 255).count();
                assert!(
                    solid as u32 > size * size / 8,
                    "{icon:?} at {size}: {solid}"
                );
            }
        }
    }

    /// Whoever sees no colours sees the state all the same.
    #[test]
    fn states_differ_in_shape() {
        let grey = |icon| -> Vec<bool> {
            let light = |pixel: &[u8]| {
                pixel[0] > 127 && pixel[1..].iter().map(|part| u32::from(*part)).sum::<u32>() > 600
            };
            argb(icon, 16).chunks(4).map(light).collect()
        };
        for (number, one) in ALL.iter().enumerate() {
            for other in &ALL[..number] {
                let (one, other) = (grey(*one), grey(*other));
                let differing = one.iter().zip(&other).filter(|(a, b)| a != b).count();
                assert!(differing > 12, "{differing}");
            }
        }
    }
}
