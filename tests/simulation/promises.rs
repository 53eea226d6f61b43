//! The promises, each checked as soon as it could be broken.

/// Breaks off with what was promised, where it does not hold.
macro_rules! promise {
    ($holds:expr, $($text:tt)+) => {
        if !$holds {
            return Err(format!($($text)+));
        }
    };
}

mod answers;
mod calls;
mod devices;
mod month;
mod shown;
mod tokens;
mod vault;
